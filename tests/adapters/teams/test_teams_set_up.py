"""Settings, the app package and the doctor (SECURITY T02, T25; Teams app manifest 1.29)."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from PIL import Image

from adapters.teams.doctor import examine
from adapters.teams.front import SafeAdapter
from adapters.teams.names import COMMANDS
from adapters.teams.package import Publisher, manifest, package, write_package
from adapters.teams.settings import TeamsSettings, read_teams_settings
from bot.casework import CaseOffice
from bot.errors import BadInput
from tests.adapters.teams.conftest import NOW, Bench
from tests.adapters.teams.fake_teams.connector import APP, TENANT
from tests.adapters.teams.fake_teams.running import Given, settings_for

SCHEMA = Path(__file__).parent / "schemas" / "teams-manifest.schema.1.29.json"
GIVEN = {"ASKFIRST_TEAMS_APP_ID": APP, "ASKFIRST_TEAMS_TENANT": TENANT, "ASKFIRST_TEAMS_SECRET": "s3cret"}
SCHOOL = Publisher("Oakfield Primary School", "https://www.oakfield.example")


def _read(**more: str | None) -> TeamsSettings | None:
    given = {**GIVEN, **{f"ASKFIRST_TEAMS_{name}": value for name, value in more.items()}}
    return read_teams_settings({name: value for name, value in given.items() if value is not None})


def test_without_any_variable_there_is_no_teams() -> None:
    assert read_teams_settings({"ASKFIRST_PORT": "80"}) is None


def test_settings_are_read_and_the_secret_is_not_shown() -> None:
    found = _read(TENANTS=f"{TENANT}, {APP}", PORT="4000", PUBLIC_URL="https://askfirst.school.example/")
    assert found is not None
    assert (found.app_id, found.port, found.public_url) == (APP, 4000, "https://askfirst.school.example")
    assert found.lets_in(TENANT)
    assert found.lets_in(APP)
    assert not found.lets_in("1b2c3d4e-0000-4000-8000-0000000000ee")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    "more",
    [
        {"APP_ID": None},
        {"TENANT": None},
        {"SECRET": None},
        {"APP_ID": "askfirst"},
        {"TENANT": "common"},
        {"TENANTS": "all"},
        {"MANAGED_IDENTITY": "yes"},
        {"MANAGED_IDENTITY": "maybe"},
        {"PORT": "70000"},
        {"ADDRESS": "localhost"},
        {"PUBLIC_URL": "http://askfirst.school.example"},
        {"SECRET_FILE": "/no/such/file"},
        {"DEVELOPMENT": "yes"},
        {"APP_ID": None, "SECRET": None, "TENANT": None, "DEVELOPMENT": "yes", "ADDRESS": "192.0.2.1"},
    ],
    ids=str,
)
def test_it_does_not_start_half_set_up_and_says_which_variable(more: dict[str, str | None]) -> None:
    with pytest.raises(BadInput, match="ASKFIRST_TEAMS_"):
        _read(**more)


def test_nobody_is_checked_in_development_on_loopback_alone() -> None:
    found = read_teams_settings({"ASKFIRST_TEAMS_DEVELOPMENT": "yes"})
    assert found is not None
    assert found.development
    assert not found.may_send_to("https://smba.trafficmanager.net/teams/")


def test_a_managed_identity_needs_no_secret() -> None:
    found = _read(SECRET=None, MANAGED_IDENTITY="yes")
    assert found is not None
    assert found.managed_identity


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s3cret\n")
    path.chmod(0o644)
    with pytest.raises(BadInput, match="chmod 600"):
        _read(SECRET=None, SECRET_FILE=str(path))
    path.chmod(0o600)
    found = _read(SECRET=None, SECRET_FILE=str(path))
    assert found is not None
    assert found.secret == "s3cret"


# The package.


def _settings(**more: Any) -> TeamsSettings:
    return TeamsSettings(app_id=APP, tenant=TENANT, managed_identity=True, **more)


@pytest.mark.parametrize("public", [None, "https://askfirst.school.example"])
def test_the_manifest_is_valid(public: str | None) -> None:
    made = manifest(_settings(public_url=public), SCHOOL)
    faults = [fault.message for fault in Draft4Validator(json.loads(SCHEMA.read_text())).iter_errors(made)]
    assert faults == []
    assert made["manifestVersion"] == "1.29"
    assert [tab["name"] for tab in made.get("staticTabs", [])] == (["My requests"] if public else [])


def test_the_manifest_asks_for_no_permission() -> None:
    made = manifest(_settings(public_url="https://askfirst.school.example"), SCHOOL)
    assert not {"permissions", "devicePermissions", "authorization"} & set(made)
    assert made["validDomains"] == ["askfirst.school.example"]


def test_the_manifest_has_the_tab_and_its_sign_in() -> None:
    """Teams, tab single sign-on: the Application ID URI, on the domain of the tab."""
    made = manifest(_settings(public_url="https://askfirst.school.example"), SCHOOL)
    assert made["webApplicationInfo"] == {"id": APP, "resource": f"api://askfirst.school.example/{APP}"}
    assert made["staticTabs"][0]["contentUrl"] == "https://askfirst.school.example/teams/my-requests"
    assert made["staticTabs"][0]["scopes"] == ["personal"]
    assert not {"webApplicationInfo", "staticTabs"} & set(manifest(_settings(), SCHOOL))


def test_the_manifest_has_what_staff_expect() -> None:
    made = manifest(_settings(), SCHOOL)
    bot = made["bots"][0]
    assert set(bot["scopes"]) == {"personal", "team", "groupChat"}
    assert {command["type"] for command in bot["commandLists"][0]["commands"]} == {"prompt", "basic"}
    assert len(bot["commandLists"][0]["commands"]) <= 12
    actions = made["composeExtensions"][0]["commands"]
    assert [each["title"] for each in actions] == ["Report this message", "Ask about this"]
    assert all(each["context"] == ["message"] and each["fetchTask"] for each in actions)


def test_the_commands_of_the_manifest_are_understood() -> None:
    made = manifest(_settings(), SCHOOL)
    basic = [c["title"] for c in made["bots"][0]["commandLists"][0]["commands"] if c["type"] == "basic"]
    assert all(title.casefold() in COMMANDS for title in basic)


def test_the_zip_has_a_manifest_and_two_icons(tmp_path: Path) -> None:
    path = tmp_path / "askfirst.zip"
    write_package(path, _settings(), SCHOOL)
    with zipfile.ZipFile(path) as whole:
        assert sorted(whole.namelist()) == ["color.png", "manifest.json", "outline.png"]
        colour = Image.open(io.BytesIO(whole.read("color.png")))
        outline = Image.open(io.BytesIO(whole.read("outline.png"))).convert("RGBA")
    assert colour.size == (192, 192)
    assert outline.size == (32, 32)
    red, green, blue, alpha = (band.tobytes() for band in outline.split())
    assert {seen for seen, a in zip(zip(red, green, blue, strict=True), alpha, strict=True) if a} == {(255, 255, 255)}
    assert alpha[0] == 0


def test_the_same_settings_make_the_same_package() -> None:
    assert package(_settings(), SCHOOL) == package(_settings(), SCHOOL)


def test_no_package_without_an_app_or_a_website() -> None:
    with pytest.raises(BadInput):
        manifest(TeamsSettings("", "", development=True), SCHOOL)
    for name, website in (("", "https://a.example"), ("x" * 33, "https://a.example"), ("School", "http://a.example")):
        with pytest.raises(BadInput):
            Publisher(name, website)


# The doctor.


async def test_the_doctor_finds_all_well_but_what_was_not_tried(bench: Bench) -> None:
    settings = settings_for(bench.teams)
    adapter = SafeAdapter(settings, credentials=Given())
    found = await examine(settings, bench.office, NOW, adapter)
    assert [each.well for each in found] == [True, True, False, True]
    assert "2 of " in found[-1].says


async def test_the_doctor_names_each_trouble_and_no_secret(bench: Bench) -> None:
    given_here = {"public_url": "https://127.0.0.1:1", "secret": "s3cret"}
    settings = settings_for(bench.teams, **given_here)
    given = Given()
    given.ours.refused = True
    bench.teams.signing.down = True
    found = await examine(settings, bench.office, NOW, SafeAdapter(settings, credentials=given))
    assert [each.well for each in found[:3]] == [False, False, False]
    assert "client secret" in found[1].says
    assert "s3cret" not in str(found)


async def test_the_doctor_warns_of_development(office: CaseOffice) -> None:
    found = await examine(TeamsSettings("", "", development=True), office, NOW)
    assert [each.well for each in found] == [False]
