from collections import Counter

from cap_rlvr.corpus.synthetic.chance import Chance, keyed


def test_numbers_are_those_of_splitmix64() -> None:
    # The reference implementation's first outputs for the seed 1234567.
    chance = Chance(1_234_567)
    assert [chance.below(2**64) for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_forks_depend_on_their_name_alone() -> None:
    one, two = keyed("case", 1), keyed("case", 1)
    two.below(10)
    assert one.fork("docket").below(10**9) == two.fork("docket").below(10**9)
    assert one.fork("docket").below(10**9) != one.fork("names").below(10**9)


def test_choices_are_even_and_distinct() -> None:
    chance = keyed("even")
    counts = Counter(chance.below(5) for _ in range(5_000))
    assert set(counts) == set(range(5))
    assert min(counts.values()) > 900
    assert sorted(chance.some("abc", 9)) == ["a", "b", "c"]
