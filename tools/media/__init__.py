"""Everything that opens a video or starts a process: probe, audio, keyframes, grab, scan, render, measure.

A file from outside is opened in two ways only: by PyAV with the demuxer that its own first bytes name, and by an
ffmpeg child with the same demuxer forced.  Both may read one local file and nothing else.
"""

from tools.media.facts import pace, probe
from tools.media.frames import decoded, grab, keyframes, scan, shown
from tools.media.hear import audio, check_music, levels_near, master
from tools.media.measured import Measured, certificate, measure
from tools.media.opening import OPENING, VIDEO, Unreadable, leads, open_video, reading, seek
from tools.media.process import ProcessFailed, Progress, convert, ffmpeg, give_back, run, threads
from tools.media.promo import fonts, laid, render

__all__ = [
    "OPENING",
    "VIDEO",
    "Measured",
    "ProcessFailed",
    "Progress",
    "Unreadable",
    "audio",
    "certificate",
    "check_music",
    "convert",
    "decoded",
    "ffmpeg",
    "fonts",
    "give_back",
    "grab",
    "keyframes",
    "laid",
    "leads",
    "levels_near",
    "master",
    "measure",
    "open_video",
    "pace",
    "probe",
    "reading",
    "render",
    "run",
    "scan",
    "seek",
    "shown",
    "threads",
]
