"""The log: one line for each occurrence, on standard output, as text or as JSON.

Standard output can block: Docker's log driver does when its disk or its network is stuck. So the
loop only puts records in a bounded queue, and a thread of its own writes them. When the queue is
full the record is dropped and counted, and a later line tells how many are missing. The thread
writes to the file descriptor itself, because a lock of ``sys.stdout`` held by a stuck thread would
abort the interpreter at its end.

What libraries and our own modules log in the usual way comes out in the same form.
"""

import copy
import json
import logging
import os
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from logging.handlers import QueueHandler, QueueListener
from typing import Final

from sidecar.core.occurrences import Occurrence, Severity
from sidecar.core.record import record_of

QUEUE_MAX: Final = 2000
STOP_S: Final = 1.0
"""How long the end of the program waits for the last lines."""
LINGER_S: Final = 0.01
"""How long a line waits for others: written at once, it would hold up what it tells of, because
two threads of one interpreter slow each other down."""
STDOUT_FD: Final = 1

_LEVELS: Final = {
    Severity.DEBUG: logging.DEBUG,
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}

_TRACEBACK: Final = logging.Formatter()

log = logging.getLogger("sidecar")


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def report(occurrence: Occurrence) -> None:
    """Log one occurrence. Costs next to nothing when its level is off, as with beats."""
    level = _LEVELS[occurrence.severity]
    if log.isEnabledFor(level):
        log.log(level, occurrence.sentence(), extra={"occurrence": occurrence})


@contextmanager
def logging_to(
    fd: int = STDOUT_FD, *, form: LogFormat = LogFormat.TEXT, level: str = "info"
) -> Iterator["LogQueue"]:
    """Send all logging to the descriptor for the length of the block."""
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(QUEUE_MAX)
    entry = LogQueue(waiting)
    writer = _DescriptorHandler(fd, entry)
    writer.setFormatter(JsonFormatter() if form is LogFormat.JSON else TextFormatter())
    listener = _Listener(waiting, writer)
    root = logging.getLogger()
    before = (root.level, log.level)
    root.addHandler(entry)
    log.setLevel(level.upper())
    # Libraries tell each of their requests at debug level: that would bury the beats.
    root.setLevel(max(log.level, logging.INFO))
    logging.captureWarnings(capture=True)
    listener.start()
    try:
        yield entry
    finally:
        logging.captureWarnings(capture=False)
        root.removeHandler(entry)
        root.setLevel(before[0])
        log.setLevel(before[1])
        listener.stop()


class LogQueue(QueueHandler):
    """The loop's end of the queue; ``dropped`` counts the records that found it full."""

    dropped: int = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Fix what may change before the writer sees it; the rest of the formatting is its work."""
        record = copy.copy(record)
        record.msg, record.args = record.getMessage(), None
        if record.exc_info:
            record.exc_text = _TRACEBACK.formatException(record.exc_info)
            record.exc_info = None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


class TextFormatter(logging.Formatter):
    """``2026-11-30T12:00:00.123Z INFO  sentence``, a traceback on the lines after it."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname:<7} {record.getMessage()}"
        return f"{line}\n{record.exc_text}" if record.exc_text else line


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, event, message, and the fields of the occurrence."""

    def format(self, record: logging.LogRecord) -> str:
        occurrence = getattr(record, "occurrence", None)
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": "log",
            "message": record.getMessage(),
        }
        if isinstance(occurrence, Occurrence):
            line["event"] = occurrence.event
            line.update(record_of(occurrence))
        else:
            line["logger"] = record.name
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _DescriptorHandler(logging.Handler):
    """Writes lines to a file descriptor; runs in the listener's thread, where it may block."""

    def __init__(self, fd: int, entry: LogQueue) -> None:
        super().__init__()
        self._fd = fd
        self._entry = entry
        self._told = 0

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the handler's lock: ``logging`` takes it at exit, and would wait for a stuck
        write. Only one thread comes here.
        """
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # nobody reads any more, and there is no better place to say so
            self._write(self.format(record))
            dropped = self._entry.dropped
            if dropped > self._told:
                self._write(self.format(_missing(dropped - self._told)))
                self._told = dropped

    def _write(self, line: str) -> None:
        rest = f"{line}\n".encode(errors="backslashreplace")
        while rest:
            rest = rest[os.write(self._fd, rest) :]


def _missing(count: int) -> logging.LogRecord:
    return log.makeRecord(
        log.name,
        logging.WARNING,
        __file__,
        0,
        "%d log line(s) missing: standard output was read too slowly",
        (count,),
        None,
    )


class _Listener(QueueListener):
    """Ends in bounded time, even when its thread is stuck in a write or the queue is full."""

    def __init__(self, waiting: queue.Queue[logging.LogRecord], writer: logging.Handler) -> None:
        super().__init__(waiting, writer)
        self._waiting = waiting

    def dequeue(self, block: bool) -> logging.LogRecord:  # noqa: FBT001 - logging calls it so
        record = self._waiting.get(block)
        if self._waiting.empty() and isinstance(record, logging.LogRecord):  # not the end's mark
            time.sleep(LINGER_S)
        return record

    def stop(self) -> None:
        with suppress(queue.Full):
            self.enqueue_sentinel()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(STOP_S)
