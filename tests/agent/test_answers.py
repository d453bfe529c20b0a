from agent.answers import explain, summary

WHY = {
    "run": "r" * 20,
    "clip": {
        "plan": "P1",
        "seq": 8,
        "label": "B",
        "role": "proof",
        "start": 20.73,
        "end": 29.6,
        "ids": ["S5", "S6"],
        "text": "Nobody could read the price page.",
        "reason": "a number",
        "certificate": {
            "checks": [{"name": "inside a word", "value": 0, "limit": "at most half a frame", "passed": True}]
        },
    },
    "clips": [["S7"], ["S5", "S6"]],
    "decision": {"seq": 8, "name": "cut", "model_id": "hookline-planner", "ms": 110, "dollars": 0.0},
    "candidates": [
        {"seq": 8, "ids": ["S7"], "kept": True, "score": 0.0, "reason": "hook: a question"},
        {"seq": 8, "ids": ["S9"], "kept": False, "score": 0.0, "reason": "proof, optional and too long"},
        {"seq": 6, "ids": ["S5", "S6"], "kept": True, "score": 0.7, "reason": "a number"},
        {"seq": 6, "ids": ["S6", "S7"], "kept": True, "score": 0.69, "reason": "overlaps both"},
        {"seq": 6, "ids": ["S20"], "kept": True, "score": 0.6, "reason": "a result"},
        {"seq": 6, "ids": ["S1"], "kept": False, "score": 0.1, "reason": "housekeeping"},
    ],
    "cost": {"dollars": 0.02, "model_calls": 3, "tool_calls": 4},
}


def test_what_stood_beside_a_clip_is_told_by_what_became_of_it() -> None:
    told = explain(WHY)
    after = {
        title: told.split(title)[1] for title in ("Chosen with it:", "Left out of the cut:", "not used:", "ranked:")
    }
    assert after["Chosen with it:"].strip().startswith("S7")
    assert after["Left out of the cut:"].strip().startswith("S9        proof, optional and too long")
    assert after["not used:"].strip().startswith("0.60  S20")
    assert "S6-S7" not in told, "what shares a sentence with the cut is no alternative to it"
    assert "$0.0200 over 3 model calls" in told


def test_words_from_a_video_reach_the_terminal_without_control_characters() -> None:
    hostile = {**WHY, "clip": {**WHY["clip"], "text": "\x1b]0;owned\x07hello\x1b[2J"}}
    assert "\x1b" not in explain(hostile)
    run = {"run": "r", "state": "done", "video": "\x1b[31mv.mp4", "wish": "\x9b2J", "dollars": 0.0, "seconds": 1.0}
    assert not {"\x1b", "\x9b"} & set(summary(run, []))
