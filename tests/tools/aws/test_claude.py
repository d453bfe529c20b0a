"""The copywriter on Bedrock, over an endpoint on loopback that is as strict as the service."""

import base64
import json

import pytest

from tests.fakes.bedrock import Bedrock, Fault, Raw, check
from tests.fakes.buckets import account
from tests.fakes.service import Refused
from tools.aws.claude import Claude, read
from tools.aws.clients import client
from tools.ports import Copywriter
from tools.posts.platforms import platforms
from tools.prices import dollars
from tools.schema import Brief, Copy, Line, Sentence, Transcript
from tools.troubles import Unwritten

pytestmark = pytest.mark.aws

HAIKU = "us.anthropic.claude-haiku-5-5"
BRIEF = Brief(run="0" * 20, video="talk.mp4", wish="a promo about pricing")
TALK = Transcript(
    language="en",
    sentences=(
        Sentence(id="S1", start=0, end=2, text="We cut prices by 40 percent."),
        Sentence(id="S2", start=2, end=4, text="Nobody left."),
        Sentence(id="S3", start=4, end=6, text="This one is not in the cut."),
    ),
)
LIMITS = [platforms()[name] for name in ("youtube", "x")]


def line(text="We cut prices by 40%", *evidence):
    return {"text": text, "evidence": list(evidence or ("S1",))}


def copy(platform, **more):
    return {
        "platform": platform,
        "hooks": [line()],
        "title": line(),
        "description": line("Nobody left.", "S2"),
        "tags": [line("pricing")],
        **more,
    }


GOOD = json.dumps({"copies": [copy("youtube"), copy("x", title=None)]})


@pytest.fixture
def write():
    """Calls the copywriter with a script; gives what it wrote, the endpoint, and the engine."""
    with account():

        def run(
            script,
            chosen=("S1", "S2"),
            feedback=(),
            before=(),
            model=HAIKU,
            attempts=2,
            unformed=(),
            brief=BRIEF,
            **fields,
        ):
            with Bedrock(script, unformed=unformed) as bedrock:
                api = client("bedrock-runtime", "us-east-1", attempts=attempts, read=2.0, endpoint=bedrock.url)
                made = Claude(model, api=api, **fields)
                run.bedrock, run.made = bedrock, made
                return made.write(brief, TALK, chosen, LIMITS, None, "dry", feedback=feedback, before=before)

        yield run


def test_it_is_a_copywriter():
    assert isinstance(Claude(HAIKU), Copywriter)


def test_lines_come_with_the_ids_they_rest_on(write):
    youtube, x = write(lambda request, n: GOOD)
    assert youtube.hooks[0].text == "We cut prices by 40%"
    assert youtube.hooks[0].evidence == ("S1",)
    assert youtube.written_by == HAIKU
    assert x.title is None
    assert not write.bedrock.broken


def test_the_writer_of_a_changed_promo_is_told_what_it_is_about(write):
    write(lambda request, n: GOOD, brief=BRIEF.model_copy(update={"wish": "drop the second clip", "topic": "licences"}))
    (asked,) = write.bedrock.requests
    assert "drop the second clip; about licences" in str(asked)


def test_what_is_said_around_the_cut_is_told_apart_and_nothing_may_rest_on_it(write):
    write(lambda request, n: GOOD)
    (asked,) = write.bedrock.requests
    text = asked["messages"][0]["content"][0]["text"]
    assert "S1 We cut prices" in text
    around = text[text.index("<<around") : text.index("around>>")]
    assert "not in the cut" in around
    assert "not in the cut" not in text.replace(around, "")
    assert "S1 We cut prices" not in around
    assert "a promo about pricing" in text
    assert "dry" in text
    assert "talk.mp4" not in text
    assert asked["inferenceConfig"]["maxTokens"] == 12_000


def test_the_service_holds_the_answer_to_a_schema_unless_told_not_to(write):
    write(lambda request, n: GOOD)
    form = write.bedrock.requests[0]["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert json.loads(form["schema"])["additionalProperties"] is False
    write(lambda request, n: GOOD, schema=False, model="amazon.nova-lite-v1:0")
    assert "outputConfig" not in write.bedrock.requests[0]
    assert "toolConfig" not in write.bedrock.requests[0]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("no JSON at all", "not the JSON"),
        (json.dumps({"copies": [copy("youtube")]}), "nothing is written for x"),
        (json.dumps({"copies": [copy("youtube"), copy("x"), copy("myspace")]}), "myspace"),
        (
            json.dumps({"copies": [copy("youtube"), copy("x", hooks=[line("We won", "S3")])]}),
            "S3 is not one of the ids",
        ),
        (json.dumps({"copies": [copy("youtube"), copy("x", hooks=[{"text": "no evidence"}])]}), "evidence"),
        (json.dumps({"copies": [copy("youtube"), copy("x", url="https://x.example")]}), "url"),
        ('{"copies": [], "copies": []}', "twice in one object"),
        ('{"copies": NaN}', "NaN"),
        ("[" * 50_000, "JSON"),
        ({"content": [{"text": "{"}], "stopReason": "max_tokens"}, "cut off"),
    ],
)
def test_what_was_wrong_is_told_once_and_mended(write, bad, told):
    copies = write(lambda request, n: bad if n == 1 else GOOD)
    assert len(copies) == 2
    again = write.bedrock.requests[1]["messages"]
    assert [message["role"] for message in again] == ["user", "assistant", "user"]
    assert told in again[2]["content"][0]["text"]


def test_wrong_twice_is_unwritten_so_that_another_writer_takes_over(write):
    with pytest.raises(Unwritten, match="twice"):
        write(lambda request, n: "sorry")
    assert len(write.bedrock.requests) == 2


def test_a_second_try_is_asked_after_the_first_as_the_models_own_turn(write):
    first = Copy(
        platform="x",
        hooks=(Line(text="We cut 50 prices", evidence=("S1",)),),
        description=Line(text="We cut prices.", evidence=("S1",)),
    )
    write(lambda request, n: GOOD, feedback=["x hook 1: the number '50' is not in its evidence"], before=(first,))
    asked, own, told = write.bedrock.requests[0]["messages"]
    assert [asked["role"], own["role"], told["role"]] == ["user", "assistant", "user"]
    assert json.loads(own["content"][0]["text"])["copies"][0]["hooks"][0]["text"] == "We cut 50 prices"
    assert "the number '50'" in told["content"][0]["text"]
    assert "only new lines" in told["content"][0]["text"]
    assert "refused" not in asked["content"][0]["text"]


def test_what_the_checks_found_is_told_to_the_model(write):
    write(lambda request, n: GOOD, feedback=["x: 50 is in no sentence"])
    assert "50 is in no sentence" in write.bedrock.requests[0]["messages"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    "stop",
    ["content_filtered", "guardrail_intervened", "model_context_window_exceeded", "malformed_model_output", "tool_use"],
)
def test_an_odd_stop_is_unwritten_at_once(write, stop):
    with pytest.raises(Unwritten, match=stop):
        write(lambda request, n: {"content": [{"text": GOOD}], "stopReason": stop})
    assert len(write.bedrock.requests) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 429),
        ("ModelTimeoutException", 408),
        ("InternalServerException", 500),
        ("ServiceUnavailableException", 503),
    ],
)
def test_a_service_out_of_reach_is_unwritten(write, code, status):
    with pytest.raises(Unwritten, match="reached"):
        write(lambda request, n: Fault(code, status))


def test_throttling_that_passes_is_waited_for(write):
    assert write(lambda request, n: GOOD if n > 2 else Fault("ThrottlingException", 429), attempts=4)


@pytest.mark.parametrize(
    "raw",
    [
        Raw(b""),
        Raw(b"{}"),
        Raw(b"not json"),
        Raw(b'{"output": {"message": {"content": []}}}'),
        Raw(GOOD.encode(), reset=20),
        Raw(b"{}", hang=3.0),
        Raw(b"[" * 20_000),
    ],
)
def test_a_broken_answer_is_unwritten_not_an_accident(write, raw):
    with pytest.raises(Unwritten):
        write(lambda request, n: raw, attempts=1)


def test_a_refusal_of_the_request_is_unwritten_and_asked_once(write):
    with pytest.raises(Unwritten, match="AccessDeniedException"):
        write(lambda request, n: Fault("AccessDeniedException", 403, "arn:aws:iam::123456789012:role/edit"), attempts=4)
    assert write.bedrock.hits == 1
    with pytest.raises(Unwritten, match="ValidationException"):
        write(lambda request, n: GOOD, model="anthropic.claude-haiku-5-5")


def test_why_it_was_refused_names_no_account_in_what_is_published(write):
    with pytest.raises(Unwritten) as told:
        write(lambda request, n: Fault("AccessDeniedException", 403, "arn:aws:iam::123456789012:role/edit"), attempts=4)
    assert "123456789012" not in str(told.value)


REFUSALS = (
    "output_config.format: Extra inputs are not permitted",
    "The model returned the following errors: extraneous key [outputConfig] is not permitted",
    "This model doesn't support structured outputs in this region",
)


@pytest.mark.parametrize("told", REFUSALS)
def test_a_writer_whose_schema_is_refused_is_asked_without_it(write, told):
    def script(request, n):
        return Fault("ValidationException", 400, told) if "outputConfig" in request else GOOD

    assert len(write(script)) == 2
    assert ["outputConfig" in request for request in write.bedrock.requests] == [True, False]


def test_a_refused_schema_is_not_sent_again(write):
    write(lambda request, n: "sorry" if n == 1 else GOOD, unformed=("haiku",))
    assert len(write.bedrock.refused) == 1, "the second try of one call, and every later call, goes without"


def test_a_refusal_of_another_kind_is_not_asked_again_without_the_schema(write):
    with pytest.raises(Unwritten):
        write(lambda request, n: Fault("ValidationException", 400, "The text field is blank."))
    assert write.bedrock.hits == 1


def test_tokens_and_dollars_are_told(write):
    write(
        lambda request, n: {"content": [{"text": GOOD}], "usage": {"inputTokens": 1_000_000, "outputTokens": 100_000}}
    )
    assert (write.made.tokens_in, write.made.tokens_out) == (1_000_000, 100_000)
    assert write.made.spent.dollars == pytest.approx(dollars(HAIKU, 1_000_000, 100_000))
    assert write.made.spent.dollars > 0.1


def test_hidden_characters_in_the_answer_are_gone():
    hidden = json.dumps({"copies": [copy("x", hooks=[line("We\u202e cut\u200b \ud800prices")])]})
    copies, wrong = read(hidden, ["S1", "S2"], LIMITS[1:])
    assert not wrong
    assert copies[0].hooks[0].text == "We cut \ufffdprices"


def test_an_answer_between_fences_is_read():
    copies, wrong = read(f"Here it is:\n```json\n{GOOD}\n```\n", ["S1", "S2"], LIMITS)
    assert not wrong
    assert len(copies) == 2


JPEG = {"bytes": base64.b64encode(b"\xff\xd8\xff\xe0").decode()}
PICTURE = {"image": {"format": "jpeg", "source": JPEG}}
SHARED = {"type": "object", "properties": {"pick": {"$ref": "#/$defs/Pick", "default": None}}}


def held(schema):
    return {"type": "json_schema", "structure": {"jsonSchema": {"name": "x", "schema": json.dumps(schema)}}}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"toolConfig": {"tools": [], "toolChoice": {"any": {}}}}, "min|within"),
        (
            {
                "toolConfig": {
                    "tools": [{"toolSpec": {"name": "cut", "inputSchema": {"json": {"type": "object"}}}}],
                    "toolChoice": {"any": {}},
                }
            },
            "forces",
        ),
        (
            {"messages": [{"role": "user", "content": [{"text": "a"}]}, {"role": "user", "content": [{"text": "b"}]}]},
            "alternate",
        ),
        (
            {"toolConfig": {"tools": [{"toolSpec": {"name": "cut", "inputSchema": {"json": SHARED | {"$defs": {}}}}}]}},
            "resolved",
        ),
        ({"messages": [{"role": "user", "content": [PICTURE] * 21}]}, "too many images"),
        ({"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": JPEG}}]}]}, "not png"),
        ({"outputConfig": {"textFormat": held({"type": "object", "properties": {}})}}, "additionalProperties"),
        ({"outputConfig": {"textFormat": held({"type": "string", "maxLength": 3})}}, "maxLength"),
        ({"messages": [{"role": "user", "content": []}]}, "empty"),
        ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "blank"),
        ({"messages": [{"role": "assistant", "content": [{"text": "a"}]}]}, "start"),
        ({"nonsense": 1}, "unknown"),
        ({"inferenceConfig": {"maxTokens": 0}}, "within"),
    ],
)
def test_the_stand_in_refuses_what_the_service_refuses(change, why):
    fine = {"modelId": HAIKU, "messages": [{"role": "user", "content": [{"text": "hello"}]}]}
    assert check(fine)
    with pytest.raises(Refused, match=why):
        check(fine | change)


def test_tokens_of_a_day_that_are_used_up_are_why_another_wrote(write):
    with pytest.raises(Unwritten, match="no tokens left today"):
        write(lambda request, n: Fault("ThrottlingException", 429, "Too many tokens per day"), attempts=1)
