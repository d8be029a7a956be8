"""The DICOM door: accepts associations, admits or refuses them, and stops cleanly."""

from __future__ import annotations

import logging
import math
import ssl
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from pynetdicom import evt

from dicom_node.addresses import addresses_of, canonical_address
from dicom_node.bugs import log_bug
from dicom_node.errors import EnvironmentFailedError
from dicom_node.monitoring.instruments import Instruments
from dicom_node.scp.answers import REFUSAL_REASONS
from dicom_node.scp.association import NodeAssociation, NodeRequestHandler, NodeServer
from dicom_node.scp.commitment import CommitmentReceiver, refuse_action
from dicom_node.scp.contexts import contexts_without_storage, supported_contexts
from dicom_node.scp.policy import Caller, Refusal, admission
from dicom_node.scp.settings import ListenerSettings
from dicom_node.scp.store import Receiver
from dicom_node.wire import application_entity
from storage import peers
from storage.database import Database
from storage.errors import StorageError
from storage.files import DataDir
from storage.records import ReceiptOutcome

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association
    from pynetdicom.events import Event

logger = logging.getLogger(__name__)

ACCEPT_POLL_S: Final = 0.1
"""How soon the accepting thread sees that it shall stop."""
CROWD_LOG_S: Final = 60
"""A crowd is no reason to fill the log: so often at most it is told."""
CUT_WAIT_S: Final = 5.0
"""How long aborted associations get to end: more than ``ABORT_WAIT_S``, since one may still be
writing an instance down."""


class DicomListener:
    """Listens for associations from :meth:`start` to :meth:`stop`; used once."""

    def __init__(
        self,
        settings: ListenerSettings,
        *,
        database: Database,
        data_dir: DataDir,
        instruments: Instruments | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._instruments = instruments or Instruments()
        self._instruments.declare(
            outcomes=ReceiptOutcome,
            instance_refusals=REFUSAL_REASONS,
            association_refusals=[refusal.name.lower() for refusal in Refusal],
        )
        self._instruments.listens = self.is_open
        self._instruments.open_associations = self._admitted_now
        self._receiver = Receiver(
            database=database,
            data_dir=data_dir,
            quiet_s=settings.quiet_s,
            reserve_bytes=settings.reserve_bytes,
            instruments=self._instruments,
        )
        self._commitments = CommitmentReceiver(database)
        self._servers: list[NodeServer] = []
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._limits = settings.limits
        self._counting = threading.Lock()
        self._crowd_told_at = -math.inf

    @property
    def port(self) -> int:
        """The port that is listened on, also where the settings say 0."""
        assert self._servers, "not started"
        return int(self._servers[0].server_address[1])

    @property
    def tls_port(self) -> int:
        """The port for callers with TLS, likewise."""
        assert len(self._servers) > 1, "not started, or without TLS"
        return int(self._servers[1].server_address[1])

    @property
    def associations(self) -> list[NodeAssociation]:
        """The connections that are open, on every port, with or without an association yet."""
        return [each for server in self._servers for each in server.associations]

    def adjust(self, *, quiet_s: float) -> None:
        """Another quiet time from now on; from any thread."""
        self._receiver = replace(self._receiver, quiet_s=quiet_s)

    def is_open(self) -> bool:
        """Whether it accepts callers, on every port that it shall listen on."""
        threads = list(self._threads)
        ports = 1 if self._settings.tls_port is None else 2
        alive = sum(thread.is_alive() for thread in threads)
        return alive == ports and not self._stopping.is_set()

    def _admitted_now(self) -> int:
        return len(self._hosts_admitted())

    def _hosts_admitted(self) -> list[str]:
        return [each.host for each in self.associations if each.admitted]

    def _is_crowd(self, host: str) -> bool:
        waiting = [each.host for each in self.associations if not each.admitted]
        if not self._limits.is_crowd(host, waiting):
            return False
        self._instruments.association_refused(Refusal.CROWD.name.lower())
        now = time.monotonic()
        if now - self._crowd_told_at > CROWD_LOG_S:
            self._crowd_told_at = now
            logger.warning("turned away connections from %s: %s", host, Refusal.CROWD.value.text)
        return True

    def start(self) -> None:
        """Listen, in a thread for each port; associations run in further threads.

        Raises:
            EnvironmentFailedError: the address is in use, or is not ours; nothing is left open.
        """
        settings = self._settings
        ports: list[tuple[int, ssl.SSLContext | None]] = [(settings.port, None)]
        if settings.tls_port is not None:
            assert settings.tls is not None, "a port for TLS needs to know how"
            ports.append((settings.tls_port, settings.tls))
        try:
            for port, tls in ports:
                self._servers.append(self._bind(port, tls))
        except EnvironmentFailedError:
            for server in self._servers:
                server.server_close()
            self._servers.clear()
            raise
        for server in self._servers:
            thread = threading.Thread(
                target=server.serve_forever,
                args=(ACCEPT_POLL_S,),
                name="dicom-listener",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()
            logger.info(
                "%s listens on %s port %d%s",
                settings.ae_title,
                settings.bind,
                server.server_address[1],
                " with TLS" if server.tls else "",
            )

    def _bind(self, port: int, tls: ssl.SSLContext | None) -> NodeServer:
        settings = self._settings
        ae = application_entity(settings.ae_title)
        # We count those that are admitted. pynetdicom counts every connection, so that a few that
        # say nothing would lock everybody out.
        ae.maximum_associations = sys.maxsize
        ae.acse_timeout = settings.acse_timeout_s
        ae.dimse_timeout = settings.network_timeout_s
        ae.network_timeout = settings.network_timeout_s
        try:
            server = NodeServer(
                ae,
                (settings.bind, port),
                settings.ae_title,
                supported_contexts(),
                evt_handlers=[
                    (evt.EVT_REQUESTED, self._on_requested),
                    (evt.EVT_C_STORE, self._on_store),
                    (evt.EVT_N_EVENT_REPORT, self._commitments.handle),
                    (evt.EVT_N_ACTION, refuse_action),
                ],
                request_handler=NodeRequestHandler,
            )
        except OSError as error:
            raise EnvironmentFailedError(
                f"cannot listen on {settings.bind} port {port}: {error.strerror}"
            ) from error
        server.stall_s = settings.stall_timeout_s
        server.tls, server.is_crowd = tls, self._is_crowd
        return server

    def stop(self, grace_s: float) -> None:
        """Accept nothing more, let open associations end within ``grace_s``, abort the rest."""
        self._stopping.set()
        if not self._threads:
            return
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
        if not self._ended_within(grace_s):
            self._cut_all(self.associations)
        logger.info("%s no longer listens", self._settings.ae_title)

    def _cut_all(self, left: list[NodeAssociation]) -> None:
        logger.warning("cutting %d connections that are still open", len(left))
        for assoc in left:
            threading.Thread(target=assoc.cut, daemon=True).start()
        if not self._ended_within(CUT_WAIT_S):  # a peer that takes no more bytes, no A-ABORT either
            for assoc in self.associations:
                assoc.close_connection()
            self._ended_within(CUT_WAIT_S)

    def _ended_within(self, limit_s: float) -> bool:
        end = time.monotonic() + limit_s
        while self.associations:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def _on_store(self, event: Event) -> Dataset:
        return self._receiver.handle(event)  # of the moment: see adjust

    def _on_requested(self, event: Event) -> None:
        """EVT_REQUESTED: reject here, or pynetdicom goes on to accept, even after an exception."""
        assoc = cast("NodeAssociation", event.assoc)
        assoc.request_came()
        try:
            self._judge(assoc)
        except Exception as error:  # noqa: BLE001 - closed by default, also when we have a bug
            log_bug("while judging an association request", error)
            if not assoc.is_rejected:
                assoc.abort()

    def _judge(self, assoc: NodeAssociation) -> None:
        caller = _caller_of(assoc)
        try:
            refusal = self._refusal_of(assoc, caller)
        except StorageError as error:
            logger.error("cannot read the peers: %s", error)
            refusal = Refusal.UNDECIDED
        if refusal is not None:
            self._reject(assoc, caller, refusal)
        else:
            self._instruments.association_admitted()
            logger.info("association with %s at %s", caller.calling_aet, caller.host)

    def _refusal_of(self, assoc: NodeAssociation, caller: Caller) -> Refusal | None:
        if self._stopping.is_set():
            return Refusal.STOPPING
        admitted = admission(
            caller,
            ae_title=self._settings.ae_title,
            callers=lambda aet: peers.callers(self._database, aet),
            addresses_of=addresses_of,
        )
        if isinstance(admitted, Refusal):
            return admitted
        assoc.peer_names = tuple(peer.name for peer in admitted.peers)
        if not admitted.may_send:
            assoc.acceptor.supported_contexts = contexts_without_storage()
        with self._counting:
            refusal = self._limits.refusal(assoc.host, self._hosts_admitted())
            assoc.admitted = refusal is None
        return refusal

    def _reject(self, assoc: Association, caller: Caller, refusal: Refusal) -> None:
        rejection = refusal.value
        self._instruments.association_refused(refusal.name.lower())
        assoc.acse.send_reject(rejection.result, rejection.source, rejection.reason)
        logger.warning(
            "refused an association from %r at %s to %r: %s",
            caller.calling_aet,
            caller.host,
            caller.called_aet,
            rejection.text,
        )
        if rejection.remember:
            self._remember(caller, rejection.text)
        # Waits until the rejection is on the wire and the peer, or the ARTIM timer, has closed the
        # connection. Without it the socket is closed at once, and the peer may see no rejection.
        assoc.kill()

    def _remember(self, caller: Caller, reason: str) -> None:
        try:
            peers.remember_refused(
                self._database,
                calling_aet=caller.calling_aet,
                called_aet=caller.called_aet,
                host=caller.host,
                reason=reason,
                now=self._database.now(),
            )
        except StorageError as error:
            logger.error("cannot remember a refused caller: %s", error)


def _caller_of(assoc: NodeAssociation) -> Caller:
    request: Any = assoc.requestor.primitive
    address = assoc.requestor.address_info
    assert address is not None  # set when the connection was accepted
    return Caller(
        calling_aet=request.calling_ae_title.strip(" "),
        called_aet=request.called_ae_title.strip(" "),
        host=canonical_address(address.address),
        application_context=str(request.application_context_name or ""),
        secured=assoc.secured,
    )
