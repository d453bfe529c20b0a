"""Everything that opens a video or starts a process.

A file from outside is opened in two ways only: by PyAV with the demuxer that its own first bytes name, and by an
ffmpeg child with the same demuxer forced.  Both may read one local file and nothing else.
"""
