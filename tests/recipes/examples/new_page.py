"""Recipe 3: a page with the number of devices of each model."""

from tests.recipes.workspace import Workspace

HEADING = "Recipe 3: a new page"
TESTS = (
    "tests/enrollment/views/test_device_models.py",
    "tests/test_access.py",
    "tests/test_conventions.py",
    "tests/test_layout.py",
)

_QUERY = '''

def devices_by_model(practice: Practice) -> list[dict[str, Any]]:
    """The name of each model of the practice's devices with their number, by name. One statement."""
    rows = Device.objects.for_practice(practice).values("model__name").annotate(count=Count("pk"))
    return list(rows.order_by("model__name"))
'''
_VIEW = '''"""View of the number of devices of each model."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from enrollment import queries
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow


@allow(Permission.ENROLL)
@require_GET
def device_models(request: PortalRequest) -> HttpResponse:
    """The models of the practice's devices with the number of devices of each."""
    return render(request, "enrollment/device_models.html", {"rows": queries.devices_by_model(request.practice)})
'''
_TEMPLATE = """{% extends "base.html" %}
{% block title %}Device models{% endblock title %}
{% block content %}
  <h1>Device models</h1>
  <div class="sheet flush scroll">
    <table>
      <thead><tr><th scope="col">Model</th><th scope="col">Devices</th></tr></thead>
      <tbody>
        {% for row in rows %}
          <tr><th scope="row">{{ row.model__name }}</th><td>{{ row.count }}</td></tr>
        {% empty %}
          <tr><td colspan="2">No devices. Add one on the Devices page.</td></tr>
        {% endfor %}
      </tbody>
    </table>
  </div>
{% endblock content %}
"""
_ITEM = """
            Item("enrollment:device_models", "Models", "devices", (Permission.ENROLL,), ("enrollment:device_models",)),"""
_TEST = '''"""The page of device models: counts by model, one statement for any number, and only the practice's own devices."""

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import queries
from enrollment.models import Device, DeviceModel


def page_of(user) -> str:
    client = Client()
    client.force_login(user, backend="rpm_portal.accounts.backends.PortalBackend")
    return client.get(reverse("enrollment:device_models")).content.decode()


def a_device(world, practice, serial: str) -> Device:
    model, _ = DeviceModel.objects.get_or_create(practice=practice, name=world.cuff.name)
    return Device.objects.create(practice=practice, model=model, serial=serial)


def test_each_model_is_listed_with_the_number_of_its_devices(world):
    count = Device.objects.filter(practice=world.practice, model=world.cuff).count()
    a_device(world, world.practice, "EXAMPLE-2")

    assert f'<th scope="row">{world.cuff.name}</th><td>{count + 1}</td>' in page_of(world.user("manager"))


def test_devices_of_another_practice_are_not_counted(world):
    expected = queries.devices_by_model(world.practice)
    a_device(world, world.other.practice, "EXAMPLE-3")

    assert queries.devices_by_model(world.practice) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_one_statement_counts_any_number_of_devices(world, django_assert_num_queries, count):
    for number in range(count):
        a_device(world, world.practice, f"EXAMPLE-{number}")

    with django_assert_num_queries(1):
        queries.devices_by_model(world.practice)
'''


def add(workspace: Workspace) -> None:
    """Add the query, the view with its URL and template, the navigation, and the tests."""
    workspace.append("enrollment/queries.py", _QUERY)
    workspace.replace("enrollment/queries.py", "import Exists,", "import Count, Exists,")
    workspace.create("enrollment/views/device_models.py", _VIEW)
    workspace.replace("enrollment/urls.py", "import devices,", "import device_models, devices,")
    workspace.insert(
        "enrollment/urls.py",
        after='name="devices"),\n',
        text='    path("models/", device_models.device_models, name="device_models"),\n',
    )
    workspace.create("templates/enrollment/device_models.html", _TEMPLATE)
    workspace.insert(
        "rpm_portal/pages/navigation/items.py",
        after='("enrollment:device",), key="devices"\n            ),',
        text=_ITEM,
    )
    workspace.insert(
        "tests/test_access.py",
        after='    "enrollment:devices": (Permission.ENROLL, "GET", 200),\n',
        text='    "enrollment:device_models": (Permission.ENROLL, "GET", 200),\n',
    )
    workspace.create("tests/enrollment/views/test_device_models.py", _TEST)
    workspace.insert("CHANGELOG.md", after="### Added\n", text="\n- An example page.\n")
