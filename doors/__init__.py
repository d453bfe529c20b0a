"""Who asks: the command line, the page, the upload.  Each turns what arrived into a ``Brief``."""
