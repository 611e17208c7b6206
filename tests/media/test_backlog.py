"""What goes first on a slow line."""

from sidecar.media.backlog import ROOM, Backlog


def a_status(seq: int) -> bytes:
    return b">>>\nt=status\nst=active\nseq=%x\nhg=1\n<<<\n" % seq


def a_resource(seq: int) -> bytes:
    return b">>>\nt=resource\nrsc_hold=local\nseq=%x\n<<<\n" % seq


def all_of(backlog: Backlog) -> list[bytes]:
    return list(iter(backlog.take, None))


def test_a_newer_status_takes_the_place_of_one_that_waits() -> None:
    backlog = Backlog()
    for seq in (15, 16, 17):
        backlog.put(a_status(seq))
    assert all_of(backlog) == [a_status(17)]
    assert backlog.dropped == 2


def test_a_status_goes_before_everything_else() -> None:
    backlog = Backlog()
    backlog.put(a_resource(1))
    backlog.put(a_status(2))
    assert all_of(backlog) == [a_status(2), a_resource(1)]


def test_other_messages_keep_their_order() -> None:
    backlog = Backlog()
    for seq in (3, 1, 2):
        backlog.put(a_resource(seq))
    assert all_of(backlog) == [a_resource(3), a_resource(1), a_resource(2)]


def test_heartbeats_without_end_leave_every_second_turn_to_the_others() -> None:
    backlog = Backlog()
    backlog.put(a_resource(1))
    backlog.put(a_resource(2))
    taken = []
    for seq in range(10, 14):
        backlog.put(a_status(seq))
        taken.append(backlog.take())
    assert taken == [a_status(10), a_resource(1), a_status(12), a_resource(2)]


def test_a_repeated_old_status_does_not_replace_a_newer_one() -> None:
    backlog = Backlog()
    backlog.put(a_status(0x20))
    backlog.put(a_status(0x1F))
    assert all_of(backlog) == [a_status(0x20), a_status(0x1F)]


def test_a_message_that_waits_already_is_not_queued_twice() -> None:
    backlog = Backlog()
    backlog.put(a_resource(1))
    backlog.put(a_resource(1))
    assert all_of(backlog) == [a_resource(1)]


def test_the_oldest_message_falls_out_when_there_is_no_room() -> None:
    backlog = Backlog()
    for seq in range(ROOM + 2):
        backlog.put(a_resource(seq))
    assert backlog.dropped == 2
    assert all_of(backlog) == [a_resource(seq) for seq in range(2, ROOM + 2)]


def test_nothing_waits_after_a_clear() -> None:
    backlog = Backlog()
    backlog.put(a_resource(1))
    backlog.put(a_status(2))
    backlog.clear()
    assert len(backlog) == 0
    assert backlog.take() is None
