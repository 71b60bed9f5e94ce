"""How much a replica takes."""

from services.rollout_vllm.room import Room


def test_bounded_by_completions() -> None:
    room = Room(16)
    groups = 0
    while room.free(groups, 100):
        groups += 1
        room.enter(8)
    assert groups == 2


def test_one_group_always_fits() -> None:
    assert Room(4).free(0, 1)


def test_share_of_the_unfinished() -> None:
    room = Room(1000)
    room.adapt(0.1, 2)
    assert room.groups_free(0, 10) == 1  # until the first group tells how large groups are
    room.enter(8)
    assert room.groups_free(1, 10) == 4
    room.adapt(0.1, 1)
    assert room.groups_free(1, 10) == 9


def test_shrinks_when_the_cache_is_tight_and_recovers() -> None:
    room = Room(64)
    room.enter(8)
    before = room.groups_free(1, 1000)
    for _ in range(20):
        room.adapt(0.95, 1)
    assert room.groups_free(1, 1000) == 0
    room.leave(8)
    assert room.free(0, 1000)
    room.enter(8)
    for _ in range(20):
        room.adapt(0.1, 1)
    assert room.groups_free(1, 1000) >= before
