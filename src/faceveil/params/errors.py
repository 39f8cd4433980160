"""The one exception that people who run faceveil are meant to read."""


class FaceveilError(Exception):
    """A problem its reader can fix.

    The message is one line: the file or key, what was found, what is allowed and what to do. A
    stage prints it and exits with status 1; a traceback appears only under ``--debug``.
    """
