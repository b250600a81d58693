"""Defences of operations: backups, keys, retention, migrations.

In: nothing. Out: `OPERATING`. Not here: what is kept day by day (`keeping`), what is done in time (`timing`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_BACKUPS, _BACKUP, _ARCHIVE = "engine/desk/backups.py", "engine/store/backup.py", "engine/store/archive.py"
_TAMPERED = "unit/test_desk_backups.py::TestTampered"

OPERATING = (
    defence(
        "backup-seal",
        "备份清单的印记要是审计密钥的",
        _BACKUPS,
        "    if not manifest.genuine(keys.chain):",
        instead="    if False:",
        tests=f"{_TAMPERED}::test_without_the_key_no_manifest_fits",
    ),
    defence(
        "backup-bytes",
        "备份的每个字节与清单相符",
        _ARCHIVE,
        "    if left or digest.hexdigest() != manifest.sha256:",
        instead="    if False:",
        tests="unit/test_store_archive.py::test_more_than_the_manifest_says_is_not_written_out",
    ),
    defence(
        "backup-proved",
        "恢复前核对审计链、行数和内容",
        _BACKUPS,
        "        if findings:",
        instead="        if False:",
        tests=f"{_TAMPERED}::test_what_is_not_as_it_was_written_is_not_put_back",
    ),
    defence(
        "backup-replayed",
        "恢复前抽研判重做",
        _BACKUPS,
        "    if wrong:",
        instead="    if False:",
        tests=f"{_TAMPERED}::test_what_is_not_as_it_was_written_is_not_put_back",
    ),
    defence(
        "backup-new-file",
        "备份从不覆盖",
        _ARCHIVE,
        "descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)\n    try:",
        instead="descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)\n    try:",
        tests="unit/test_store_archive.py::test_a_file_that_is_there_is_never_written_over",
    ),
    defence(
        "restore-empty-place",
        "只恢复到空的地方",
        _BACKUP,
        "    except FileExistsError:\n",
        instead="    except FileExistsError:\n        os.replace(file, path)\n        return\n",
        tests="unit/test_store_backup.py::test_only_an_empty_place_takes_a_backup[sqlite]",
    ),
    defence(
        "backup-one-view",
        "PostgreSQL 的备份来自同一个时刻",
        _BACKUP,
        "transaction(engine, vendor, writes=False) as source, _opened(url) as (to, into)",
        instead="transaction(engine, vendor, writes=True) as source, _opened(url) as (to, into)",
        tests="unit/test_store_backup.py::test_a_copy_shows_one_moment",
    ),
)
