"""The devices page: filters, search, last contact, battery, signal, clock, and devices in transit."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrollment import services
from monitoring.models import DeviceContact

BACKEND = "rpm_portal.accounts.backends.PortalBackend"


@pytest.fixture
def devices_page(world):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)

    def get(**query):
        return client.get(reverse("enrollment:devices"), query).content.decode()

    get.client = client
    return get


def a_device(world, serial, *, heard=None, **more):
    device = services.add_device(model=world.cuff, serial=serial, by=world.user("clinical_staff"))
    if heard is not None or more:
        at = timezone.now() - (heard or timedelta())
        DeviceContact.objects.create(practice=world.practice, device=device, heard_at=at, **more)
    return device


def give(world, device, **more):
    services.assign_device(
        device=device, enrollment=world.enrollment, starts_at=timezone.now(), by=world.user("clinical_staff"), **more
    )


def shown(text):
    return {serial for serial in ("AAA-1", "BBB-2", "CCC-3", "DDD-4") if serial in text}


def test_each_device_has_its_contact_battery_signal_and_clock(world, devices_page):
    a_device(world, "AAA-1", heard=timedelta(hours=1), battery=17, signal=22, clock_lag_seconds=-600)
    text = devices_page()

    for words in ("17%", ">22<", "10 min fast"):
        assert words in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [("battery", {"AAA-1"}), ("clock", {"BBB-2"}), ("in_stock", {"AAA-1", "BBB-2", "CCC-3"}), ("away", {"DDD-4"}),
     ("unknown", {"AAA-1", "BBB-2", "CCC-3", "DDD-4"})],
)  # fmt: skip
def test_a_filter_has_its_boundary(world, devices_page, name, expected):
    a_device(world, "AAA-1", battery=20, clock_lag_seconds=-60)
    a_device(world, "BBB-2", battery=21, clock_lag_seconds=-61)
    a_device(world, "CCC-3")
    lost = a_device(world, "DDD-4")
    now = timezone.now()
    services.set_device_state(device=lost, state="lost", reason="Lost", by=world.user("clinical_staff"), now=now)

    assert shown(devices_page(show=name)) == expected


def test_a_quiet_device_is_with_a_patient_and_had_no_contact_for_three_days(world, devices_page):
    for serial, heard in (("AAA-1", timedelta(days=3, minutes=1)), ("BBB-2", timedelta(days=2, hours=23))):
        give(world, a_device(world, serial, heard=heard))
    give(world, a_device(world, "CCC-3"))
    a_device(world, "DDD-4", heard=timedelta(days=9))
    text = devices_page(show="quiet")

    assert shown(text) == {"AAA-1", "CCC-3"}
    assert text.index("CCC-3") < text.index("AAA-1")


def test_a_shipped_device_is_in_transit_until_it_is_delivered(world, devices_page):
    device = a_device(world, "AAA-1")
    give(world, device, means="shipped", tracking="1Z-9")
    give(world, a_device(world, "BBB-2"))
    assert shown(devices_page(show="transit")) == {"AAA-1"}
    assert "in transit (1Z-9)" in devices_page(show="transit")
    now = timezone.now()
    services.mark_delivered(assignment=device.assignments.get(), on=now.date(), by=world.user("manager"), now=now)

    assert shown(devices_page(show="transit")) == set()


def test_a_number_is_searched_by_post_over_all_pages(world, devices_page):
    for n in range(60):
        a_device(world, f"X-{n:03d}")
    a_device(world, "AAA-1")
    address = reverse("enrollment:devices")
    found = devices_page.client.post(address, {"search": "1", "q": " aa-1 "}).content.decode()
    assert shown(found) == {"AAA-1"}
    assert "1 device<" in found
    second = devices_page.client.post(address, {"search": "1", "q": "X-", "page": "2"}).content.decode()
    assert second.count("<b>X-") == 10
    other = Client()
    other.force_login(world.other.user("clinical_staff"), backend=BACKEND)
    assert "<b>AAA-1" not in other.post(address, {"search": "1", "q": "AAA-1"}).content.decode()


def test_the_number_of_statements_does_not_grow_with_the_devices(world, devices_page, django_assert_max_num_queries):
    for count in (1, 50):
        for n in range(count):
            a_device(world, f"S{count}-{n}", heard=timedelta(hours=n))
        with django_assert_max_num_queries(20):
            devices_page()
