import pytest

from cap_rlvr.corpus.synthetic.plan import make_plan


@pytest.mark.parametrize("cases", [10, 11, 200, 5_003, 1_000_000])
def test_volumes_hold_all_cases_once(cases: int) -> None:
    plan = make_plan(cases, 3)
    assert sum(volume.size for volume in plan.volumes) == cases
    assert len({(volume.reporter.slug, volume.number) for volume in plan.volumes}) == len(plan.volumes)
    for volume in (plan.volumes[0], plan.volumes[-1]):
        assert plan.volume_of(volume.first) is volume
        assert plan.volume_of(volume.first + volume.size - 1) is volume
        low, high = volume.reporter.volumes
        assert low <= volume.number <= high
        assert volume.from_day < volume.to_day


def test_the_places_of_a_point_are_found_without_search() -> None:
    plan = make_plan(400, 3)
    for volume in plan.volumes:
        for slot in range(volume.size):
            assert slot in plan.slots_of(volume, plan.doctrine_at(volume, slot))


def test_federal_courts_grant_no_divorces() -> None:
    plan = make_plan(20_000, 1)
    assert {doctrine.form for doctrine in plan.points["federal"]} == {"civil", "criminal", "tax"}
    assert {doctrine.form for doctrine in plan.points["mass"]} == {"civil", "criminal", "tax", "divorce", "estate"}
