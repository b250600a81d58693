"""The same question asked by hand: one DuckDB query over a plain ADBC read, as somebody writes it who knows both and the shipped rules.

In: a SQLite database. Out: for each record by row number its colour and the ids of what it says: rules that hit, rules that ask for review
(`?Y10`), flags that are raised (`!A1`), `back` where it goes back to 110. Not here: the product's way (`rescoring` holds both equal).

Written without the product's code, from `rules/` alone; only the numbers of `parameters.yaml` are read, for people change them. It knows what the
product may not: that no threshold changed in the middle, that words are never unknown, that nobody else writes to the file. It holds everything in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from importlib import import_module

import duckdb
import pyarrow as pa

from engine.model import Value
from engine.store.tables import NO_TIME

_READS = {
    "sighted": (
        "SELECT n, id, at, closed_at, counts, kind, cause, topic, person, matter, place, hotspot, phone, id_number, marks FROM sightings"
    ),
    "given": "SELECT incident, body FROM facts",
    "acted": "SELECT matter, kind, level, at FROM actions",
}
_DAY = 86_400
_TRUTHS = (
    *("record.unreadable", "record.visit", "record.weapon", "record.injury"),
    *("words.weapon", "words.happening_now", "words.assault_now", "words.life_danger", "words.threat", "words.despair"),
    *(
        "words.farewell",
        "words.parting",
        "words.means",
        "words.menace",
        "words.target",
        "words.stalking",
        "words.harming",
    ),
    *("words.under_way", "words.hurting", "words.alike", "words.leaning", "words.child", "words.child_harm"),
    *("words.minor_harm", "words.dv", "words.dv_grave", "words.violence", "words.injury_care", "words.injury_any"),
    *("words.rough", "words.minor", "words.elder", "words.vulnerable", "words.gathering", "words.collective_threat"),
    *("words.wages", "words.prepaid", "words.land", "words.suggestion"),
)
_NUMBERS = (
    *(
        "record.text_length",
        "record.heads",
        "record.people",
        "record.amount",
        "record.stated_repeats",
        "record.returns",
    ),
)
_DISPUTES = (
    "'consumer','debt','demolition','dv','environment','family','fight','finance','housing','illegal_building','land','medical',"
    "'neighbours','noise','parking','pets','property','village_affairs','wages'"
)

_SEEN = f"""
seen AS (
  SELECT n, id, "at" AS happened, matter, nullif(closed_at, {NO_TIME}) AS closed, counts = 1 AS counted, kind, nullif(person, '') AS person, nullif(place, '') AS place,
    nullif(hotspot, '') AS hotspot, nullif(phone, '') AS phone, nullif(id_number, '') AS identity,
    counts = 1 AND kind = 'police_110' AND cause IN ('new', 'repeat') AS called,
    counts = 1 AND kind IN ('hotline_12345', 'petition', 'message_board', 'walk_in', 'grid', 'mini_program', 'open311') AS complained,
    topic IN ('', {_DISPUTES}) AS quarrel, contains(marks, '"words.dv"') AS dv, contains(marks, '"words.weapon"') AS armed,
    contains(marks, '"record.weapon"') AS flagged, contains(marks, '"record.reply_in_time"') AS answered
  FROM sighted)"""

_WINDOWS = f"""
by_matter AS (
  SELECT n, count(*) FILTER (called AND quarrel) OVER d30 AS incidents_30, count(*) FILTER (called AND quarrel) OVER d180 AS incidents_180,
    count(*) FILTER (called) OVER d30 AS calls_30, count(*) FILTER (complained) OVER d30 AS complaints_30,
    count(DISTINCT kind) FILTER (counted) OVER d7 AS channels_7, count(*) FILTER (counted) OVER d180 AS records_180,
    count(*) FILTER (counted AND dv) OVER d180 AS dv_180, count(*) FILTER (counted AND armed) OVER d90 AS armed_90,
    count(*) FILTER (counted AND flagged) OVER d90 AS flagged_90
  FROM seen WINDOW d7 AS (PARTITION BY matter ORDER BY happened RANGE {7 * _DAY} PRECEDING), d30 AS (PARTITION BY matter ORDER BY happened RANGE {30 * _DAY} PRECEDING),
    d90 AS (PARTITION BY matter ORDER BY happened RANGE {90 * _DAY} PRECEDING), d180 AS (PARTITION BY matter ORDER BY happened RANGE {180 * _DAY} PRECEDING)),
by_hotspot AS (
  SELECT n, count(DISTINCT coalesce(person, '')) FILTER (counted) OVER (PARTITION BY hotspot ORDER BY happened RANGE {30 * _DAY} PRECEDING) AS persons_30
  FROM seen WHERE hotspot IS NOT NULL),
by_pair AS (
  SELECT n, count(DISTINCT kind) FILTER (counted) OVER (PARTITION BY person, matter ORDER BY happened RANGE {7 * _DAY} PRECEDING) AS pair_channels,
    count(*) FILTER (counted AND answered) OVER d30 - (counted AND answered)::int AS pair_answered,
    count(*) FILTER (counted AND NOT answered) OVER d30 - (counted AND NOT answered)::int AS pair_late
  FROM seen WHERE person IS NOT NULL WINDOW d30 AS (PARTITION BY person, matter ORDER BY happened RANGE {30 * _DAY} PRECEDING)),
by_caller AS (
  SELECT n, count(DISTINCT matter) FILTER (counted) OVER d30 AS matters_30, count(DISTINCT place) FILTER (counted) OVER d30 AS places_30,
    count(*) FILTER (counted AND NOT answered) OVER d30 - (counted AND NOT answered)::int AS caller_late
  FROM seen WHERE person IS NOT NULL WINDOW d30 AS (PARTITION BY person ORDER BY happened RANGE {30 * _DAY} PRECEDING)),
by_phone AS (
  SELECT n, count(DISTINCT identity) FILTER (counted) OVER (PARTITION BY phone ORDER BY happened RANGE {90 * _DAY} PRECEDING) AS identities_90
  FROM seen WHERE phone IS NOT NULL),
by_closing AS (
  SELECT own.n, count(*) AS closed_30 FROM seen AS own JOIN seen AS other
    ON own.matter = other.matter AND own.n <> other.n AND other.closed BETWEEN own.happened - {30 * _DAY} AND own.happened
  WHERE other.counted GROUP BY own.n),
done AS (
  SELECT named.matter, acted.kind AS what, acted.level, acted."at" AS done_at FROM acted JOIN seen AS named ON acted.matter = named.id
  WHERE acted.kind IN ('mediation_failed', 'returned', 'close', 'terminated')),
by_action AS (
  SELECT n, count(*) FILTER (what = 'mediation_failed' AND level = 'village') AS failed_village,
    count(*) FILTER (what = 'mediation_failed' AND level = 'township') AS failed_township,
    count(*) FILTER (what = 'mediation_failed' AND level = 'county') AS failed_county,
    count(*) FILTER (what = 'returned') AS returned,
    count(*) FILTER (what = 'close' AND level = 'green' AND done_at >= happened - {30 * _DAY}) AS closed_green,
    count(*) FILTER (what = 'close' AND level = 'yellow' AND done_at >= happened - {30 * _DAY}) AS closed_yellow, count(*) FILTER (what = 'terminated') AS terminated
  FROM seen JOIN done ON seen.matter = done.matter AND done_at < happened GROUP BY n)"""

_COUNTS = (
    *(
        "persons_30",
        "pair_channels",
        "pair_answered",
        "pair_late",
        "matters_30",
        "places_30",
        "caller_late",
        "identities_90",
    ),
    *(
        "closed_30",
        "failed_village",
        "failed_township",
        "failed_county",
        "returned",
        "closed_green",
        "closed_yellow",
    ),
    "terminated",
)


def statement(limits: Mapping[str, Value]) -> str:
    """The whole query; `limits` are the numbers of `parameters.yaml`."""
    types = ", ".join([*(f'"{name}": "BOOLEAN"' for name in _TRUTHS), *(f'"{name}": "BIGINT"' for name in _NUMBERS)])
    truths = ", ".join(f'coalesce(held.v."{name}", false) AS {_short(name)}' for name in _TRUTHS)
    numbers = ", ".join(f'coalesce(held.v."{name}", 0) AS {_short(name)}' for name in _NUMBERS)
    counts = ", ".join(f"coalesce({name}, 0) AS {name}" for name in _COUNTS)
    concluded = ", ".join(f"{condition} AS {name}" for name, condition in _CONCLUDED.items())
    rules = _rules(limits)
    hits = ", ".join(f"{condition} AS {name}" for name, condition in rules.items())
    red, yellow = (" OR ".join(name for name in rules if name[0] == first) for first in "RY")
    bits = " + ".join(f"(({condition})::BIGINT << {place})" for place, condition in enumerate(_told(limits).values()))
    return f"""
WITH {_SEEN}, {_WINDOWS},
parsed AS (SELECT incident, json_transform(decode(body)::JSON, '{{"a": ["VARCHAR"], "v": {{"record.category": "VARCHAR", {types}}}}}') AS held FROM given),
base AS (
  SELECT incident, {truths}, {numbers}, coalesce(held.v."record.category" = '类别不明', false) AS unclear,
    coalesce(held.v."record.text_length" < {limits["text.short"]}, false) AS short,
    (held.v."record.category" IS NULL AND NOT coalesce(list_contains(held.a, 'record.category'), false))
      OR (held.v."record.text_length" IS NULL AND NOT coalesce(list_contains(held.a, 'record.text_length'), false)) AS nothing_known,
    held.v."record.unreadable" IS NULL AND NOT coalesce(list_contains(held.a, 'record.unreadable'), false) AS reading_unknown
  FROM parsed),
facts AS (
  SELECT by_matter.*, base.*, {counts} FROM by_matter JOIN seen USING (n) JOIN base ON seen.id = base.incident
  LEFT JOIN by_hotspot USING (n) LEFT JOIN by_pair USING (n) LEFT JOIN by_caller USING (n) LEFT JOIN by_phone USING (n)
  LEFT JOIN by_closing USING (n) LEFT JOIN by_action USING (n)),
concluded AS (SELECT *, {concluded} FROM facts),
dangers AS (SELECT *, suicide OR revenge OR suffering OR of_minor OR threat OR weapon OR assault_now OR life_danger OR minor_harm OR dv OR alike AS danger
  FROM concluded),
judged AS (SELECT *, {hits} FROM dangers),
coloured AS (SELECT *, CASE WHEN {red} THEN 2 WHEN {yellow} OR asks_Y10 THEN 1 ELSE 0 END AS by_rules FROM (
  SELECT *, reading_unknown AND NOT Y10 AS asks_Y10 FROM judged)),
guarded AS (SELECT *, weapon AND minor AND by_rules < 2 AS N1, dv AND by_rules = 0 AND NOT (weapon AND minor) AS N2,
  threat AND by_rules < 2 AND NOT (weapon AND minor) AS N3 FROM coloured)
SELECT n, CASE WHEN N1 OR N3 THEN 2 WHEN N2 THEN 1 ELSE by_rules END AS colour, {bits} AS said FROM guarded"""


def _short(fact: str) -> str:
    return fact.split(".")[1] if fact.startswith("words.") else fact.replace(".", "_")


_CONCLUDED: Mapping[str, str] = {
    "suicide": "leaning AND despair::int + farewell::int + parting::int + means::int >= 2",
    "revenge": "leaning AND ((harming AND (menace OR target OR stalking)) OR (stalking AND (menace OR target)))",
    "suffering": "hurting AND under_way AND leaning",
    "of_minor": "child AND child_harm",
}


_RULES: Mapping[str, str] = {
    "P0": "record_weapon OR assault_now OR life_danger OR suffering OR (weapon AND happening_now)",
    "R1": "threat OR suicide OR revenge",
    "R2": "weapon OR armed_90 >= 1 OR record_weapon OR flagged_90 >= 1",
    "R3": "violence AND (injury_care OR ((record_injury OR injury_any) AND records_180 >= {injury_records_180d}))",
    "R4": "dv_180 >= {dv_red_180d} OR (dv AND dv_grave)",
    "R5": "minor_harm OR of_minor",
    "R6": "incidents_30 >= {repeat_red_30d} OR incidents_180 >= {repeat_red_180d}",
    "R7": (
        "((gathering OR record_visit) AND (record_heads >= {gathering_red_people} OR (gathering AND record_people >= {gathering_red_people}))) "
        "OR persons_30 >= {hotspot_red_persons} OR record_heads >= {hotspot_red_persons}"
    ),
    "R8": "failed_township >= {mediation_red_township} OR failed_county >= 1",
    "R9": "closed_yellow >= 1 AND records_180 >= 1",
    "R10": "wages AND (record_heads >= {wages_red_workers} OR (record_heads >= {wages_red_collective} AND collective_threat))",
    "R11": "record_amount >= {money_red_fen} OR (prepaid AND (record_heads >= {victims_red} OR persons_30 >= {victims_red}))",
    "R12": "alike AND happening_now",
    "Y1": "dv",
    "Y2": "calls_30 >= {repeat_yellow_30d}",
    "Y3": "rough OR violence",
    "Y4": "complaints_30 >= {complaints_yellow_30d} OR channels_7 >= {channels_yellow_7d} OR record_stated_repeats >= {complaints_yellow_30d}",
    "Y5": "persons_30 >= {hotspot_yellow_persons} OR record_heads >= {hotspot_yellow_persons}",
    "Y6": "record_amount >= {money_yellow_fen} OR land OR (wages AND record_heads >= {wages_yellow_workers})",
    "Y7": "minor OR elder OR vulnerable",
    "Y8": "failed_village >= {mediation_yellow_village}",
    "Y9": "returned >= {returns_yellow} OR record_returns >= {returns_yellow}",
    "Y10": "unclear OR short OR record_unreadable OR nothing_known",
    "Y11": "closed_30 >= 1 OR closed_green >= 1",
    "Y12": "alike",
}

_CALM = "NOT (suggestion OR persons_30 >= 2 OR danger)"
_BESIDE: Mapping[str, str] = {
    "?Y10": "asks_Y10",
    "!A1": f"pair_channels >= {{flag_channels_7d}} AND pair_late < 1 AND {_CALM}",
    "!A2": f"pair_answered >= {{flag_answered_30d}} AND pair_late < 1 AND {_CALM}",
    "!A3": f"matters_30 >= {{flag_matters_30d}} AND places_30 >= {{flag_places_30d}} AND caller_late < 1 AND {_CALM}",
    "!A4": "identities_90 >= {flag_identities} AND NOT (persons_30 >= 2 OR danger)",
    "!A5": f"terminated >= 1 AND {_CALM}",
    "N1": "N1",
    "N2": "N2",
    "N3": "N3",
    "back": "P0",
}


def _rules(limits: Mapping[str, Value]) -> dict[str, str]:
    """The rules of a colour with the numbers in them."""
    return {name: condition.format_map(_plain(limits)) for name, condition in _RULES.items()}


def _told(limits: Mapping[str, Value]) -> dict[str, str]:
    """All that a decision can say, bit after bit."""
    return {
        **{name: name for name in _RULES},
        **{name: held.format_map(_plain(limits)) for name, held in _BESIDE.items()},
    }


def _plain(limits: Mapping[str, Value]) -> dict[str, Value]:
    return {name.replace(".", "_"): value for name, value in limits.items()}


def read(path: str) -> dict[str, pa.Table]:
    """The tables through ADBC, whole, in this process: a file that nobody else has open."""
    driver = import_module("adbc_driver_sqlite.dbapi")
    tables = {}
    with closing(driver.connect(path)) as opened, closing(opened.cursor()) as cursor:
        for name, query in _READS.items():
            cursor.execute(query)
            tables[name] = cursor.fetch_arrow_table()
    return tables


def judge(tables: Mapping[str, pa.Table], limits: Mapping[str, Value]) -> pa.Table:
    """The columns `n`, `colour` and `said`, a bit for each of `names`."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.sql(statement(limits)).to_arrow_table()


def names() -> tuple[str, ...]:
    """What each bit says."""
    return (*_RULES, *_BESIDE)
