"""``cspine-node doctor``: is this installation sound? Each step named, none hidden."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cryptography.x509 import Certificate
from rich.console import Console

from dicom_node.api.certificate import certificate_of
from dicom_node.config import Settings
from dicom_node.errors import CspineError, EnvironmentFailedError, InputError
from dicom_node.identity import identity_of
from dicom_node.routing.table import require_destinations, stored_rules
from dicom_node.scu.echo import echo
from dicom_node.stores import data_dir_of, database_of
from dicom_node.tls import authorities, own_certificate
from inference.errors import InferenceError
from inference.phantom.dicom import write_series
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from inference.predictor import Predictor
from inference.types import NotAnalysed
from inference.volume import load_volume
from storage import peers
from storage.errors import StorageError
from storage.orphans import changed_files, missing_files, report_files
from storage.records import PeerProtocol

LIBRARIES: Final = ("pydicom", "pynetdicom", "highdicom", "torch", "timm", "imagecodecs")
RENEW_WITHIN: Final = timedelta(days=30)
SELF_TEST: Final = PhantomSpec(seed=100_000, fractures=(FractureSpec("C5"),), slices=72)


def doctor(settings: Settings, *, verify: bool = False) -> None:
    """Run every step, also after one failed; ``verify``: read every result file, too.

    Raises:
        EnvironmentFailedError: at least one step failed.
    """
    console = Console(soft_wrap=True, highlight=False)
    steps: dict[str, Callable[[Settings], str]] = {
        "program": _program,
        "data directory": _data_directory,
        "database": _database,
        "result files": _verified_result_files if verify else _result_files,
        "DICOM port": _dicom_port,
        "DICOM TLS": _dicom_tls,
        "API": _api,
        "model": _model,
        "self-test": _self_test,
        "routing": _routing,
        "peers": _peers,
    }
    failed = []
    for name, step in steps.items():
        try:
            console.print(f"[green]ok[/]     {name}: {step(settings)}")
        except (CspineError, StorageError, InferenceError, OSError) as error:
            console.print(f"[red]failed[/] {name}: {error}")
            failed.append(name)
    if failed:
        raise EnvironmentFailedError(f"failed: {', '.join(failed)}")


def _program(_: Settings) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"cspine-node {version('cspine-node')}; {libraries}"


def _data_directory(settings: Settings) -> str:
    data_dir = data_dir_of(settings)
    data_dir.probe()
    free_mib = data_dir.free_bytes() >> 20
    if free_mib < settings.storage.reserve_mib:
        reserve = settings.storage.reserve_mib
        raise EnvironmentFailedError(f"{free_mib} MiB free, less than the reserve of {reserve}")
    return f"{data_dir.root} is writable, {free_mib:,} MiB free"


def _database(settings: Settings) -> str:
    database = database_of(settings, data_dir_of(settings))
    try:
        return f"{database.url_without_password}, {len(peers.list_peers(database))} peers"
    finally:
        database.close()


def _result_files(settings: Settings) -> str:
    data_dir = data_dir_of(settings)
    database = database_of(settings, data_dir)
    try:
        found = report_files(database, data_dir, now=database.now())
        missing = missing_files(database, data_dir)
    finally:
        database.close()
    if missing:
        raise EnvironmentFailedError(f"{len(missing)} are gone, as {missing[0]}")
    said, orphans = f"{found.known} of readings", len(found.orphans)
    if found.is_strange:
        return f"{said}. WARNING: {orphans} belong to none; is this the right database?"
    return f"{said}; the node removes {orphans} that a crash left" if orphans else said


def _verified_result_files(settings: Settings) -> str:
    said = _result_files(settings)
    data_dir = data_dir_of(settings)
    database = database_of(settings, data_dir)
    try:
        changed = changed_files(database, data_dir)
    finally:
        database.close()
    if changed:
        raise EnvironmentFailedError(
            f"{len(changed)} are no longer as they were written, as {changed[0]}"
        )
    return f"{said}, as they were written"


def _dicom_port(settings: Settings) -> str:
    address = (settings.dicom.bind, settings.dicom.port)
    _check_free(address)
    return f"{address[0]}:{address[1]} is free, AE title {settings.dicom.ae_title}"


def _dicom_tls(settings: Settings) -> str:
    dicom = settings.dicom
    if dicom.tls_ca is None:
        return "off"
    identity_of(settings)  # reads every file, and says what is wrong with it
    known = [own_certificate(dicom), *authorities(dicom)]
    for each in known:
        if each is not None:
            _check_valid(each)
    own, said = known[0], [f"peers are verified by {len(known) - 1} authorities"]
    if own is not None:
        until = f"{own.not_valid_after_utc:%Y-%m-%d}"
        said.append(f"our certificate {own.subject.rfc4514_string()} is valid until {until}")
        if own.not_valid_after_utc - datetime.now(UTC) < RENEW_WITHIN:
            said.append("WARNING: renew it soon")
    if dicom.tls_key is not None and dicom.tls_key.stat().st_mode & 0o077:
        said.append(f"WARNING: others may read {dicom.tls_key}; chmod 600 it")
    if dicom.tls_port is not None:
        _check_free((dicom.bind, dicom.tls_port))
        said.insert(0, f"{dicom.bind}:{dicom.tls_port} is free")
    return "; ".join(said)


def _check_valid(certificate: Certificate) -> None:
    name, now = certificate.subject.rfc4514_string(), datetime.now(UTC)
    if now > certificate.not_valid_after_utc:
        ended = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        raise EnvironmentFailedError(f"the certificate {name} has expired on {ended}")
    if now < certificate.not_valid_before_utc:
        begins = f"{certificate.not_valid_before_utc:%Y-%m-%d}"
        raise EnvironmentFailedError(f"the certificate {name} is not valid before {begins}")


def _api(settings: Settings) -> str:
    api = settings.api
    if not api.enabled:
        return "disabled"
    certificate = certificate_of(api, data_dir_of(settings).root)
    _check_free((api.bind, api.port))
    scheme, kept = ("https", certificate.fingerprint()) if certificate else ("http", "no TLS")
    return f"{scheme}://{api.bind}:{api.port} is free, {kept}"


def _check_free(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise EnvironmentFailedError(
                f"{address[0]}:{address[1]}: {error.strerror} (does the node run?)"
            ) from error


def _model(settings: Settings) -> str:
    predictor = Predictor.load(settings.inference.weights, settings.inference.device)
    model = predictor.identity
    digest = model.sha256[:12]
    return f"{model.name} {model.version} on {predictor.device_name}, sha256 {digest}…"


def _self_test(settings: Settings) -> str:
    predictor = Predictor.load(settings.inference.weights, settings.inference.device)
    with tempfile.TemporaryDirectory(prefix="cspine-doctor-") as scratch:
        volume = load_volume(write_series(make_study(SELF_TEST), Path(scratch)))
    outcome = volume if isinstance(volume, NotAnalysed) else predictor.predict(volume)
    if isinstance(outcome, NotAnalysed):
        raise EnvironmentFailedError(f"a phantom was not analysed: {outcome.text}")
    named = ", ".join(f"{each.level} {each.probability:.2f}" for each in outcome.findings)
    return f"a phantom with a fractured C5 was read as: {named or 'no finding'}"


def _routing(settings: Settings) -> str:
    database = database_of(settings, data_dir_of(settings))
    try:
        rules, known = stored_rules(database), peers.list_peers(database)
    finally:
        database.close()
    for each in rules:
        try:
            require_destinations(each.rule, known)
        except InputError as error:
            raise EnvironmentFailedError(f"the rule {each.name}: {error}") from error
    enabled = sum(each.enabled for each in rules)
    if not enabled:
        return "no rule is enabled: every peer that gets results gets everything"
    return f"{len(rules)} rules, {enabled} enabled"


def _peers(settings: Settings) -> str:
    database = database_of(settings, data_dir_of(settings))
    try:
        known = peers.list_peers(database)
    finally:
        database.close()
    asked = [peer for peer in known if peer.protocol is PeerProtocol.DICOM]
    identity = identity_of(settings)
    silent = [
        f"{peer.name} ({step.step}: {step.text})"
        for peer in asked
        for step in echo(peer, identity)
        if not step.ok
    ]
    if silent:
        raise EnvironmentFailedError(f"no answer from {'; '.join(silent)}")
    unasked = len(known) - len(asked)
    by_web = f", {unasked} by STOW-RS not asked" if unasked else ""
    return f"{len(asked)} answer{by_web}" if known else "none yet"
