from services.reward_api.cache import VerdictCache
from services.reward_api.verdicts import unscorable


def test_the_least_recently_used_goes_first() -> None:
    cache = VerdictCache(capacity=2)
    verdict = unscorable("toy", "code", "text")
    cache.put(b"a", verdict)
    cache.put(b"b", verdict)
    assert cache.get(b"a")
    cache.put(b"c", verdict)
    assert cache.get(b"b") is None
    assert cache.get(b"a")
    assert len(cache) == 2


def test_long_verdicts_leave_room_for_few() -> None:
    short, long = unscorable("toy", "code", "text"), unscorable("toy", "code", "x" * 5000)
    cache = VerdictCache(most_bytes=12_000)
    for name in (b"a", b"b", b"c", b"c"):
        cache.put(name, long)
    assert [cache.get(name) is long for name in (b"a", b"b", b"c")] == [False, True, True]
    for number in range(1000):
        cache.put(b"%d" % number, short)
    assert cache.get(b"c") is None
    assert cache._held == sum(len(one.core) for one in cache._verdicts.values()) <= 12_000
