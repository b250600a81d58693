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
    defence(
        "keys-fence",
        "换密钥以后，只有旧密钥的进程不能再写",
        "engine/store/opening.py",
        "            self._check_keys(batch)\n            yield batch\n            batch.finish()",
        instead="            yield batch\n            batch.finish()",
        tests="unit/test_store_resealing.py::test_whoever_has_only_the_former_key_writes_nothing_more[sqlite]",
    ),
    defence(
        "keys-fence-beside",
        "换密钥以后，只有旧密钥的进程也不能写短事务",
        "engine/store/opening.py",
        "            self._check_keys(batch)\n            yield batch\n\n",
        instead="            yield batch\n\n",
        tests="unit/test_store_resealing.py::test_whoever_has_only_the_former_key_writes_nothing_more[sqlite]",
    ),
    defence(
        "keys-out",
        "换完以后旧密钥不再打开任何格",
        "engine/desk/rotation.py",
        "replace(material, former=(), reasons=(*material.reasons, *reasons))",
        instead="replace(material, reasons=(*material.reasons, *reasons))",
        tests="unit/test_desk_rotation.py::test_every_cell_gets_the_new_key_and_the_log_says_who_did_it[sqlite]",
    ),
    defence(
        "keys-both",
        "换密钥时新旧密钥都打得开",
        "engine/desk/rotation.py",
        "        former=((held.generation, held.seal),),\n",
        instead="        former=((held.generation, b'x' * 32),),\n",
        tests="unit/test_desk_rotation.py::test_stopped_after_any_transaction_it_goes_on",
    ),
    defence(
        "keys-alone",
        "同时只有一个进程换密钥",
        "engine/desk/rotation.py",
        "            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        instead="            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)",
        tests="unit/test_desk_rotation.py::test_only_one_at_a_time[sqlite]",
    ),
    defence(
        "keys-spoiled",
        "打不开的格不算换完",
        "engine/desk/rotation.py",
        "    if spoiled:",
        instead="    if False:",
        tests="unit/test_desk_rotation.py::test_a_spoiled_cell_keeps_both_keys_and_is_named[sqlite]",
    ),
    defence(
        "keys-generation-bound",
        "密文绑定密钥的代",
        "engine/store/sealing.py",
        "        bound = self._head + cell.encode()",
        instead="        bound = cell.encode()",
        tests="unit/test_store_sealing.py::test_what_was_sealed_opens",
    ),
    defence(
        "backup-not-half-rotated",
        "轮换没做完不备份",
        _BACKUPS,
        "    if desk.keys.former:",
        instead="    if False:",
        tests="unit/test_desk_rotation.py::test_no_backup_is_taken_half_way[sqlite]",
    ),
)
