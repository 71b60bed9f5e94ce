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
