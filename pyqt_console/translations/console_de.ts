<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
<context>
    <name>console</name>
    <message>
        <source>   at level</source>
        <translation>   an Wirbel</translation>
    </message>
    <message>
        <source>  ◇ a machine's number – research use only</source>
        <translation>  ◇ KI-Wert – nur für Forschung</translation>
    </message>
    <message>
        <source> or </source>
        <translation> oder </translation>
    </message>
    <message numerus="yes">
        <source>%n days</source>
        <translation>
            <numerusform>%n Tag</numerusform>
            <numerusform>%n Tage</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n entries wait to be sent on to {receiver}, the oldest for {age}.</source>
        <translation>
            <numerusform>%n Eintrag wartet darauf, an {receiver} weitergegeben zu werden, seit {age}.</numerusform>
            <numerusform>%n Einträge warten darauf, an {receiver} weitergegeben zu werden, der älteste seit {age}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n have verdicts</source>
        <translation>
            <numerusform>%n hat eine Beurteilung</numerusform>
            <numerusform>%n haben Beurteilungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n images</source>
        <translation>
            <numerusform>%n Bild</numerusform>
            <numerusform>%n Bilder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n images at the place of others are not shown here.</source>
        <translation>
            <numerusform>%n Bild an der Stelle eines anderen wird hier nicht gezeigt.</numerusform>
            <numerusform>%n Bilder an der Stelle anderer werden hier nicht gezeigt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n images of another size are not shown here.</source>
        <translation>
            <numerusform>%n Bild anderer Größe wird hier nicht gezeigt.</numerusform>
            <numerusform>%n Bilder anderer Größe werden hier nicht gezeigt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n images of another size or orientation are not shown here.</source>
        <translation>
            <numerusform>%n Bild anderer Größe oder Ausrichtung wird hier nicht gezeigt.</numerusform>
            <numerusform>%n Bilder anderer Größe oder Ausrichtung werden hier nicht gezeigt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more studies are there.</source>
        <translation>
            <numerusform>%n weitere Untersuchung ist da.</numerusform>
            <numerusform>%n weitere Untersuchungen sind da.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n objects</source>
        <translation>
            <numerusform>%n Objekt</numerusform>
            <numerusform>%n Objekte</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n objects are tried again now.</source>
        <translation>
            <numerusform>%n Objekt wird jetzt noch einmal versucht.</numerusform>
            <numerusform>%n Objekte werden jetzt noch einmal versucht.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n objects that wait to be sent are not sent any more.</source>
        <translation>
            <numerusform>%n Objekt, das auf das Senden wartet, wird nicht mehr gesendet.</numerusform>
            <numerusform>%n Objekte, die auf das Senden warten, werden nicht mehr gesendet.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n readings have ended.</source>
        <translation>
            <numerusform>%n Auswertung ist beendet.</numerusform>
            <numerusform>%n Auswertungen sind beendet.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n series</source>
        <translation>
            <numerusform>%n Serie</numerusform>
            <numerusform>%n Serien</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n series are</source>
        <translation>
            <numerusform>%n Serie wird</numerusform>
            <numerusform>%n Serien werden</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n series wait for it.</source>
        <translation>
            <numerusform>%n Serie wartet darauf.</numerusform>
            <numerusform>%n Serien warten darauf.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n series were read by both</source>
        <translation>
            <numerusform>%n Serie wurde von beiden gelesen</numerusform>
            <numerusform>%n Serien wurden von beiden gelesen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n studies.</source>
        <translation>
            <numerusform>%n Untersuchung.</numerusform>
            <numerusform>%n Untersuchungen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n would go elsewhere.</source>
        <translation>
            <numerusform>%n ginge woandershin.</numerusform>
            <numerusform>%n gingen woandershin.</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Node</source>
        <translation>&amp;Knoten</translation>
    </message>
    <message>
        <source>&amp;Once more</source>
        <translation>N&amp;och einmal</translation>
    </message>
    <message>
        <source>&amp;Password</source>
        <translation>&amp;Passwort</translation>
    </message>
    <message>
        <source>(no name)</source>
        <translation>(ohne Namen)</translation>
    </message>
    <message>
        <source>+ missed finding  (D)</source>
        <translation>+ übersehener Befund  (D)</translation>
    </message>
    <message>
        <source>, ships with the program</source>
        <translation>, wird mit dem Programm geliefert</translation>
    </message>
    <message>
        <source>2026-01-31</source>
        <translation>2026-01-31</translation>
    </message>
    <message>
        <source>? Unsure</source>
        <translation>? Unsicher</translation>
    </message>
    <message>
        <source>A comment has at most {n} characters.</source>
        <translation>Ein Kommentar hat höchstens {n} Zeichen.</translation>
    </message>
    <message>
        <source>A console for a node that looks for fractures of the cervical spine in CT. Every number marked with ◇ is a machine's. Research use only: not a medical device, not for diagnosis.</source>
        <translation>Eine Konsole für einen Knoten, der in CT-Bildern nach Frakturen der Halswirbelsäule sucht. Jeder Wert mit ◇ stammt von der KI. Nur für Forschung: kein Medizinprodukt, nicht zur Diagnose.</translation>
    </message>
    <message>
        <source>A folder with DICOM files</source>
        <translation>Ein Ordner mit DICOM-Dateien</translation>
    </message>
    <message>
        <source>A level is suspected from {point:.2f} upwards.</source>
        <translation>Ein Wirbel gilt ab {point:.2f} als verdächtig.</translation>
    </message>
    <message>
        <source>A name or an address. Only from there it may send.</source>
        <translation>Ein Name oder eine Adresse. Nur von dort darf gesendet werden.</translation>
    </message>
    <message>
        <source>A new password for {name}</source>
        <translation>Ein neues Passwort für {name}</translation>
    </message>
    <message>
        <source>A new peer</source>
        <translation>Neue Gegenstelle</translation>
    </message>
    <message>
        <source>A new rule</source>
        <translation>Neue Regel</translation>
    </message>
    <message>
        <source>A new study has a finding of the machine</source>
        <translation>Eine neue Untersuchung hat einen KI-Befund</translation>
    </message>
    <message>
        <source>A node on another machine is reached by https:// only.</source>
        <translation>Ein Knoten auf einem anderen Rechner wird nur über https:// erreicht.</translation>
    </message>
    <message>
        <source>A person must change it at the first sign-in; a program keeps it.</source>
        <translation>Eine Person muss es beim ersten Anmelden ändern; ein Dienst behält es.</translation>
    </message>
    <message>
        <source>A program: a viewer or a script. It keeps its password.</source>
        <translation>Ein Dienst: ein Betrachter oder ein Skript. Er behält sein Passwort.</translation>
    </message>
    <message>
        <source>A request for storage commitment without an answer is made again after this.</source>
        <translation>Eine unbeantwortete Bitte um Storage Commitment wird danach wiederholt.</translation>
    </message>
    <message>
        <source>A series is complete after</source>
        <translation>Eine Serie ist vollständig nach</translation>
    </message>
    <message numerus="yes">
        <source>A series that ended and was delivered more than %n days ago is deleted: its images, results and verdicts. What was delivered stays at the peers.</source>
        <translation>
            <numerusform>Eine Serie, die vor mehr als einem Tag endete und zugestellt wurde, wird gelöscht: ihre Bilder, Ergebnisse und Beurteilungen. Was zugestellt wurde, bleibt bei den Gegenstellen.</numerusform>
            <numerusform>Eine Serie, die vor mehr als %n Tagen endete und zugestellt wurde, wird gelöscht: ihre Bilder, Ergebnisse und Beurteilungen. Was zugestellt wurde, bleibt bei den Gegenstellen.</numerusform>
        </translation>
    </message>
    <message>
        <source>A session of {name} is ended.</source>
        <translation>Eine Sitzung von {name} ist beendet.</translation>
    </message>
    <message>
        <source>AE title</source>
        <translation>AE-Titel</translation>
    </message>
    <message>
        <source>AE title of the sender</source>
        <translation>AE-Titel des Senders</translation>
    </message>
    <message>
        <source>AE title {aet} · host {host} · port {port}</source>
        <translation>AE-Titel {aet} · Host {host} · Port {port}</translation>
    </message>
    <message>
        <source>AE title: {aet}
Host: {host}
Port: {port}</source>
        <translation>AE-Titel: {aet}
Host: {host}
Port: {port}</translation>
    </message>
    <message>
        <source>AI</source>
        <translation>KI</translation>
    </message>
    <message>
        <source>AI · research use only</source>
        <translation>KI · nur für Forschung</translation>
    </message>
    <message>
        <source>AI: {numbers}</source>
        <translation>KI: {numbers}</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Über das Programm</translation>
    </message>
    <message>
        <source>About cspine</source>
        <translation>Über cspine</translation>
    </message>
    <message>
        <source>Accession</source>
        <translation>Accession</translation>
    </message>
    <message>
        <source>Active = reader</source>
        <translation>Aktives = Befunder</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>Add a peer …</source>
        <translation>Gegenstelle anlegen …</translation>
    </message>
    <message>
        <source>Add a rule …</source>
        <translation>Regel anlegen …</translation>
    </message>
    <message>
        <source>Add a user</source>
        <translation>Benutzer anlegen</translation>
    </message>
    <message>
        <source>Add a user …</source>
        <translation>Benutzer anlegen …</translation>
    </message>
    <message>
        <source>Add it</source>
        <translation>Anlegen</translation>
    </message>
    <message>
        <source>Added at {level}, the nearest level. Another one can be chosen in the verdict.</source>
        <translation>Bei {level} eingetragen, dem nächsten Wirbel; änderbar in der Beurteilung.</translation>
    </message>
    <message>
        <source>Added. Choose its level in the verdict.</source>
        <translation>Eingetragen. Wählen Sie in der Beurteilung den Wirbel.</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Administration</source>
        <translation>Verwaltung</translation>
    </message>
    <message>
        <source>Administration – cspine – research use only</source>
        <translation>Verwaltung – cspine – nur für Forschung</translation>
    </message>
    <message>
        <source>Administration …</source>
        <translation>Verwaltung …</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>After so many without an answer, or in vain, the delivery is parked.</source>
        <translation>Nach so vielen ohne Antwort oder vergeblich wird die Zustellung zurückgestellt.</translation>
    </message>
    <message>
        <source>After that</source>
        <translation>Danach</translation>
    </message>
    <message>
        <source>After the first attempt that failed; it doubles each time.</source>
        <translation>Nach dem ersten gescheiterten Versuch; sie verdoppelt sich jedes Mal.</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>All conditions must hold; an empty one always does. Several values by semicolons; * is any text, ? any character.</source>
        <translation>Alle Bedingungen müssen gelten; eine leere gilt immer. Mehrere Werte durch Semikolon; * ist beliebiger Text, ? ein beliebiges Zeichen.</translation>
    </message>
    <message>
        <source>All keys</source>
        <translation>Alle Tasten</translation>
    </message>
    <message>
        <source>All of it works ({time}).</source>
        <translation>Alles funktioniert ({time}).</translation>
    </message>
    <message>
        <source>All seven levels, C1 to C7, were assessed.</source>
        <translation>Alle sieben Wirbel, C1 bis C7, wurden beurteilt.</translation>
    </message>
    <message>
        <source>All that came could be analysed.</source>
        <translation>Alles Eingegangene konnte analysiert werden.</translation>
    </message>
    <message>
        <source>An address is only https://host:port, without a name or a path.</source>
        <translation>Eine Adresse ist nur https://host:port, ohne Namen und ohne Pfad.</translation>
    </message>
    <message>
        <source>Another name for “{name}”</source>
        <translation>Ein anderer Name für „{name}“</translation>
    </message>
    <message>
        <source>Another role ends every session of the user.</source>
        <translation>Eine andere Rolle beendet jede Sitzung des Benutzers.</translation>
    </message>
    <message>
        <source>As DICOM writes it: Family^Given. It stands in verified reports.</source>
        <translation>So wie DICOM es schreibt: Nachname^Vorname. Es steht in beglaubigten Berichten.</translation>
    </message>
    <message>
        <source>As at the beginning</source>
        <translation>Wie am Anfang</translation>
    </message>
    <message>
        <source>As the other side is configured; upper and lower case count.</source>
        <translation>So wie auf der anderen Seite eingestellt; Groß- und Kleinschreibung zählen.</translation>
    </message>
    <message>
        <source>Asked</source>
        <translation>Gefragt</translation>
    </message>
    <message>
        <source>Asked from the top; each rule that holds adds what it says.</source>
        <translation>Von oben nach unten gefragt; jede Regel, die gilt, fügt hinzu, was sie sagt.</translation>
    </message>
    <message>
        <source>Asking for its series …</source>
        <translation>Nach den Serien wird gefragt …</translation>
    </message>
    <message>
        <source>Asking {name} …</source>
        <translation>{name} wird gefragt …</translation>
    </message>
    <message>
        <source>Asking {peer} …</source>
        <translation>{peer} wird gefragt …</translation>
    </message>
    <message>
        <source>Assigned</source>
        <translation>Zugeteilt</translation>
    </message>
    <message>
        <source>Association</source>
        <translation>Assoziation</translation>
    </message>
    <message>
        <source>Audit trail</source>
        <translation>Prüfprotokoll</translation>
    </message>
    <message>
        <source>Authorities that verify peers</source>
        <translation>Stellen, die Gegenstellen beglaubigen</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>Being analysed</source>
        <translation>Wird gerade analysiert</translation>
    </message>
    <message>
        <source>Both sides must have TLS turned on at this port, and each must trust the other's certificate.</source>
        <translation>An diesem Port muss auf beiden Seiten TLS eingeschaltet sein, und jede Seite muss dem Zertifikat der anderen vertrauen.</translation>
    </message>
    <message>
        <source>Both: fracture</source>
        <translation>Beide: Fraktur</translation>
    </message>
    <message>
        <source>Both: none</source>
        <translation>Beide: keine</translation>
    </message>
    <message>
        <source>By</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>C-ECHO</source>
        <translation>C-ECHO</translation>
    </message>
    <message>
        <source>Called AE</source>
        <translation>Gerufener AE</translation>
    </message>
    <message>
        <source>Called this node</source>
        <translation>Riefen diesen Knoten</translation>
    </message>
    <message>
        <source>Calling AE</source>
        <translation>Rufender AE</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>Abgebrochen.</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>Zertifikate</translation>
    </message>
    <message>
        <source>Cervical spine fractures, found by a machine, judged by you.</source>
        <translation>Frakturen der Halswirbelsäule, gefunden von der KI, beurteilt von Ihnen.</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Änderung</translation>
    </message>
    <message>
        <source>Change a peer</source>
        <translation>Gegenstelle ändern</translation>
    </message>
    <message>
        <source>Change a rule</source>
        <translation>Regel ändern</translation>
    </message>
    <message>
        <source>Change in the configuration file, from the next start on (models: on their page)</source>
        <translation>In der Konfigurationsdatei zu ändern, gilt ab dem nächsten Start (Modelle: auf ihrer Seite)</translation>
    </message>
    <message>
        <source>Change while the node runs</source>
        <translation>Zu ändern, während der Knoten läuft</translation>
    </message>
    <message>
        <source>Change {name}</source>
        <translation>{name} ändern</translation>
    </message>
    <message>
        <source>Change …</source>
        <translation>Ändern …</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>Geändert</translation>
    </message>
    <message>
        <source>Choose a new password first.</source>
        <translation>Wählen Sie zuerst ein neues Passwort.</translation>
    </message>
    <message>
        <source>Choose an entry</source>
        <translation>Wählen Sie einen Eintrag</translation>
    </message>
    <message>
        <source>Choose one in the list.</source>
        <translation>Wählen Sie eine in der Liste.</translation>
    </message>
    <message>
        <source>Choose the level of the finding that you drew.</source>
        <translation>Wählen Sie den Wirbel des Befunds, den Sie eingezeichnet haben.</translation>
    </message>
    <message>
        <source>Clear all</source>
        <translation>Alle aufheben</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Spalten</translation>
    </message>
    <message>
        <source>Comes from</source>
        <translation>Stammt aus</translation>
    </message>
    <message>
        <source>Comment on it</source>
        <translation>Kommentar dazu</translation>
    </message>
    <message>
        <source>Comment on the whole</source>
        <translation>Kommentar zum Ganzen</translation>
    </message>
    <message>
        <source>Comment on {level}</source>
        <translation>Kommentar zu {level}</translation>
    </message>
    <message>
        <source>Console {version} · PyQt {pyqt} · Qt {qt}</source>
        <translation>Konsole {version} · PyQt {pyqt} · Qt {qt}</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Copied, to be sent to whoever looks after the PACS.</source>
        <translation>Kopiert, um es der Betreuung des PACS zu schicken.</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy for the other side</source>
        <translation>Für die andere Seite kopieren</translation>
    </message>
    <message>
        <source>Copy the UID</source>
        <translation>UID kopieren</translation>
    </message>
    <message>
        <source>Copy the id</source>
        <translation>Kennung kopieren</translation>
    </message>
    <message>
        <source>Critical</source>
        <translation>Dringend</translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation>Strg + Mausrad</translation>
    </message>
    <message>
        <source>DICOM (C-STORE)</source>
        <translation>DICOM (C-STORE)</translation>
    </message>
    <message>
        <source>DICOM TLS, shown to peers</source>
        <translation>DICOM-TLS, für Gegenstellen</translation>
    </message>
    <message>
        <source>DICOM files, or zips of them</source>
        <translation>DICOM-Dateien oder ZIP-Archive davon</translation>
    </message>
    <message>
        <source>DICOM port</source>
        <translation>DICOM-Port</translation>
    </message>
    <message>
        <source>DICOMweb (STOW-RS)</source>
        <translation>DICOMweb (STOW-RS)</translation>
    </message>
    <message>
        <source>Dark colours</source>
        <translation>Dunkle Farben</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>Datenbank</translation>
    </message>
    <message>
        <source>Days</source>
        <translation>Tage</translation>
    </message>
    <message>
        <source>Days after which a series goes; nothing: none ever goes.</source>
        <translation>Tage, nach denen eine Serie gelöscht wird; leer: keine wird je gelöscht.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete this series?</source>
        <translation>Diese Serie löschen?</translation>
    </message>
    <message>
        <source>Delete what ended longer ago than</source>
        <translation>Löschen, was länger her endete als</translation>
    </message>
    <message>
        <source>Delete …</source>
        <translation>Löschen …</translation>
    </message>
    <message>
        <source>Deleting by age</source>
        <translation>Löschen nach Alter</translation>
    </message>
    <message>
        <source>Delivered</source>
        <translation>Zugestellt</translation>
    </message>
    <message>
        <source>Deliveries</source>
        <translation>Zustellungen</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>Beschreibung</translation>
    </message>
    <message>
        <source>Destination</source>
        <translation>Ziel</translation>
    </message>
    <message>
        <source>Destinations</source>
        <translation>Ziele</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Unterschied</translation>
    </message>
    <message>
        <source>Disable</source>
        <translation>Sperren</translation>
    </message>
    <message>
        <source>Disable {name}?</source>
        <translation>{name} sperren?</translation>
    </message>
    <message>
        <source>Disable …</source>
        <translation>Sperren …</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Speicherplatz</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Doe, Jane</source>
        <translation>Doe, Jane</translation>
    </message>
    <message>
        <source>Does</source>
        <translation>Aufgabe</translation>
    </message>
    <message>
        <source>Does the other program run, is the port right, and does every firewall between {own_host} and {host} let port {port} through?</source>
        <translation>Läuft das andere Programm, stimmt der Port, und lässt jede Firewall zwischen {own_host} und {host} den Port {port} durch?</translation>
    </message>
    <message>
        <source>Drag a box over the fracture on the slices themselves. Esc: no box.</source>
        <translation>Ziehen Sie auf den Schichten selbst einen Rahmen um die Fraktur. Esc: kein Rahmen.</translation>
    </message>
    <message>
        <source>Draw a fracture that the machine missed on the images</source>
        <translation>Eine Fraktur, die die KI übersehen hat, in die Bilder einzeichnen</translation>
    </message>
    <message>
        <source>Dry run on the</source>
        <translation>Probelauf mit den</translation>
    </message>
    <message>
        <source>Empty</source>
        <translation>Leer</translation>
    </message>
    <message>
        <source>Enable</source>
        <translation>Freigeben</translation>
    </message>
    <message>
        <source>End the session</source>
        <translation>Sitzung beenden</translation>
    </message>
    <message>
        <source>End the shadow</source>
        <translation>Schattenbetrieb beenden</translation>
    </message>
    <message>
        <source>End the shadow …</source>
        <translation>Schattenbetrieb beenden …</translation>
    </message>
    <message>
        <source>End the shadow?</source>
        <translation>Schattenbetrieb beenden?</translation>
    </message>
    <message>
        <source>Ends at the latest</source>
        <translation>Endet spätestens</translation>
    </message>
    <message>
        <source>Entries</source>
        <translation>Einträge</translation>
    </message>
    <message>
        <source>Entry {number} ({action}), {time}, from {address}, hash {hash} …</source>
        <translation>Eintrag {number} ({action}), {time}, von {address}, Hash {hash} …</translation>
    </message>
    <message>
        <source>Entry {number} is undone.</source>
        <translation>Eintrag {number} ist rückgängig gemacht.</translation>
    </message>
    <message>
        <source>Every session of {name} ends. A person must change it at the next sign-in.</source>
        <translation>Jede Sitzung von {name} endet. Eine Person muss es beim nächsten Anmelden ändern.</translation>
    </message>
    <message>
        <source>Every unread study was analysed, or still waits for it.</source>
        <translation>Jede unbefundete Untersuchung wurde analysiert oder wartet noch darauf.</translation>
    </message>
    <message>
        <source>Export the audit trail</source>
        <translation>Prüfprotokoll ausleiten</translation>
    </message>
    <message>
        <source>Export …</source>
        <translation>Ausleiten …</translation>
    </message>
    <message numerus="yes">
        <source>Exported: %n entries, in {file}.</source>
        <translation>
            <numerusform>Ausgeleitet: %n Eintrag, in {file}.</numerusform>
            <numerusform>Ausgeleitet: %n Einträge, in {file}.</numerusform>
        </translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Gescheitert</translation>
    </message>
    <message>
        <source>Failures</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Fetch</source>
        <translation>Abrufen</translation>
    </message>
    <message>
        <source>Fetched</source>
        <translation>Abgerufen</translation>
    </message>
    <message>
        <source>Field</source>
        <translation>Feld</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Find a setting</source>
        <translation>Eine Einstellung suchen</translation>
    </message>
    <message>
        <source>Fingerprint (SHA-256)</source>
        <translation>Fingerabdruck (SHA-256)</translation>
    </message>
    <message>
        <source>First</source>
        <translation>Zuerst</translation>
    </message>
    <message>
        <source>First password</source>
        <translation>Erstes Passwort</translation>
    </message>
    <message>
        <source>First pause of a delivery</source>
        <translation>Erste Pause einer Zustellung</translation>
    </message>
    <message>
        <source>First study date</source>
        <translation>Untersucht ab</translation>
    </message>
    <message>
        <source>Forget the peer {name}?</source>
        <translation>Gegenstelle {name} entfernen?</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>From now on nothing is deleted by age.</source>
        <translation>Von jetzt an wird nichts mehr nach Alter gelöscht.</translation>
    </message>
    <message>
        <source>From slice {first} to slice {last}; it was drawn between them.</source>
        <translation>Von Schicht {first} bis Schicht {last}; eingezeichnet wurde er dazwischen.</translation>
    </message>
    <message>
        <source>From the next series on {new} reads, not {old}. The series that is being read ends with {old}. What was read before stays as it is; every result names its model.

Trained on: {data}.

It is an entry of the audit trail, and can be undone there.</source>
        <translation>Ab der nächsten Serie liest {new}, nicht {old}. Die Serie, die gerade gelesen wird, endet mit {old}. Was vorher gelesen wurde, bleibt, wie es ist; jedes Ergebnis nennt sein Modell.

Trainiert mit: {data}.

Das wird ein Eintrag im Prüfprotokoll und kann dort rückgängig gemacht werden.</translation>
    </message>
    <message>
        <source>From this severity on.</source>
        <translation>Ab dieser Schwere.</translation>
    </message>
    <message>
        <source>GPU: {device}</source>
        <translation>GPU: {device}</translation>
    </message>
    <message>
        <source>Give back ({reader})</source>
        <translation>Zurückgeben ({reader})</translation>
    </message>
    <message>
        <source>Go back to the console. This page can be closed.</source>
        <translation>Kehren Sie zur Konsole zurück. Diese Seite kann geschlossen werden.</translation>
    </message>
    <message>
        <source>Goes to</source>
        <translation>Geht an</translation>
    </message>
    <message>
        <source>HTTPS, as this console reaches the node</source>
        <translation>HTTPS, wie diese Konsole den Knoten erreicht</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>Hier</translation>
    </message>
    <message>
        <source>Here for</source>
        <translation>Hier seit</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Host</translation>
    </message>
    <message>
        <source>Host name</source>
        <translation>Hostname</translation>
    </message>
    <message>
        <source>How far back</source>
        <translation>Wie weit zurück</translation>
    </message>
    <message>
        <source>How it is</source>
        <translation>Wie es steht</translation>
    </message>
    <message>
        <source>How long series are kept</source>
        <translation>Wie lange Serien aufbewahrt werden</translation>
    </message>
    <message>
        <source>How many of the newest series</source>
        <translation>Wie viele der neuesten Serien</translation>
    </message>
    <message>
        <source>How often both said what</source>
        <translation>Wie oft beide was sagten</translation>
    </message>
    <message>
        <source>I have read it</source>
        <translation>Gelesen</translation>
    </message>
    <message>
        <source>ID</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>ID {id}</source>
        <translation>ID {id}</translation>
    </message>
    <message>
        <source>ID {id} · accession {accession}</source>
        <translation>ID {id} · Accession {accession}</translation>
    </message>
    <message>
        <source>If</source>
        <translation>Wenn</translation>
    </message>
    <message>
        <source>If it is the same, this node must show this certificate from now on.</source>
        <translation>Ist er gleich, muss dieser Knoten von nun an dieses Zertifikat zeigen.</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Images are received. With less than {reserve} free they are refused.</source>
        <translation>Bilder werden angenommen. Mit weniger als {reserve} frei werden sie abgewiesen.</translation>
    </message>
    <message>
        <source>In force</source>
        <translation>In Kraft</translation>
    </message>
    <message>
        <source>In reports</source>
        <translation>In Berichten</translation>
    </message>
    <message>
        <source>Inference</source>
        <translation>Inferenz</translation>
    </message>
    <message>
        <source>Input</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>Is the host spelt correctly? Try its IP address, or ask whether this node's machine uses the hospital's DNS.</source>
        <translation>Ist der Hostname richtig geschrieben? Versuchen Sie die IP-Adresse, oder fragen Sie, ob der Rechner dieses Knotens das DNS des Krankenhauses benutzt.</translation>
    </message>
    <message>
        <source>Is this your node?</source>
        <translation>Ist das Ihr Knoten?</translation>
    </message>
    <message>
        <source>It called this node</source>
        <translation>Rief diesen Knoten als</translation>
    </message>
    <message>
        <source>It called this node {called}, which is called {own}: correct that at its side.</source>
        <translation>Sie rief diesen Knoten als {called}; er heißt {own}: Das muss auf der anderen Seite berichtigt werden.</translation>
    </message>
    <message>
        <source>It can be used. It does not read now.</source>
        <translation>Verwendbar. Es liest zurzeit nicht.</translation>
    </message>
    <message>
        <source>It did not come</source>
        <translation>Nichts angekommen</translation>
    </message>
    <message>
        <source>It gets results</source>
        <translation>Erhält Ergebnisse</translation>
    </message>
    <message>
        <source>It has moved …</source>
        <translation>Ist umgezogen …</translation>
    </message>
    <message>
        <source>It is asked for storage commitment</source>
        <translation>Wird um Storage Commitment gebeten</translation>
    </message>
    <message>
        <source>It is not let in any more, and what still waits to be sent to it is parked.</source>
        <translation>Sie wird nicht mehr eingelassen, und was noch an sie zu senden ist, wird zurückgestellt.</translation>
    </message>
    <message>
        <source>It is not, or I cannot tell</source>
        <translation>Er ist es nicht, oder ich kann es nicht sagen</translation>
    </message>
    <message>
        <source>It is on its way.</source>
        <translation>Die Daten sind unterwegs.</translation>
    </message>
    <message>
        <source>It is on the slices from, or up to, the one in sight (key {key})</source>
        <translation>Er liegt auf den Schichten ab oder bis zu der gezeigten (Taste {key})</translation>
    </message>
    <message>
        <source>It is sent again now.</source>
        <translation>Es wird jetzt noch einmal gesendet.</translation>
    </message>
    <message>
        <source>It is the peer {name}, which may not send. Let it send?</source>
        <translation>Das ist die Gegenstelle {name}, die nicht senden darf. Darf sie senden?</translation>
    </message>
    <message>
        <source>It is the same</source>
        <translation>Er ist gleich</translation>
    </message>
    <message>
        <source>It may send images here</source>
        <translation>Darf Bilder hierher senden</translation>
    </message>
    <message>
        <source>It may send now, as the peer {name}. If it was turned away since then, TLS may be on at one side only.</source>
        <translation>Sie darf inzwischen senden, als Gegenstelle {name}. Wenn sie seither abgewiesen wurde, ist TLS vielleicht nur auf einer Seite eingeschaltet.</translation>
    </message>
    <message>
        <source>It offers no Verification. Everything else may work: look at its deliveries.</source>
        <translation>Sie bietet keine Verification an. Alles andere kann funktionieren: Sehen Sie sich ihre Zustellungen an.</translation>
    </message>
    <message>
        <source>It was reached and lets this node in, but did not do it: look into its log.</source>
        <translation>Sie wurde erreicht und lässt diesen Knoten ein, hat es aber nicht getan: Sehen Sie in ihr Protokoll.</translation>
    </message>
    <message>
        <source>It was reached, but did not answer as DICOM does: is {port} its DICOM port, and not that of a web page, of TLS, or of another program?</source>
        <translation>Sie wurde erreicht, antwortete aber nicht, wie DICOM es tut: Ist {port} ihr DICOM-Port, und nicht der einer Webseite, von TLS oder eines anderen Programms?</translation>
    </message>
    <message>
        <source>It was taken out of the queue.</source>
        <translation>Die Serie wurde aus der Warteschlange genommen.</translation>
    </message>
    <message>
        <source>Its results go nowhere by it any more.</source>
        <translation>Ihre Ergebnisse gehen darüber nirgends mehr hin.</translation>
    </message>
    <message>
        <source>JSON lines (*.jsonl)</source>
        <translation>JSON-Zeilen (*.jsonl)</translation>
    </message>
    <message>
        <source>Keep everything</source>
        <translation>Alles behalten</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Key {key}</source>
        <translation>Taste {key}</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Last</source>
        <translation>Zuletzt</translation>
    </message>
    <message>
        <source>Last problem</source>
        <translation>Letztes Problem</translation>
    </message>
    <message>
        <source>Last study date</source>
        <translation>Untersucht bis</translation>
    </message>
    <message>
        <source>Last taken</source>
        <translation>Zuletzt angenommen</translation>
    </message>
    <message>
        <source>Last test</source>
        <translation>Letzter Test</translation>
    </message>
    <message>
        <source>Last used</source>
        <translation>Zuletzt benutzt</translation>
    </message>
    <message>
        <source>Late slices came: there is a newer reading than the one that was seen.</source>
        <translation>Es kamen späte Schichten: Es gibt eine neuere Auswertung als die gesehene.</translation>
    </message>
    <message>
        <source>Let it read</source>
        <translation>Lesen lassen</translation>
    </message>
    <message>
        <source>Let it read unseen</source>
        <translation>Im Schatten lesen lassen</translation>
    </message>
    <message>
        <source>Let it read unseen …</source>
        <translation>Im Schatten lesen lassen …</translation>
    </message>
    <message>
        <source>Let it read …</source>
        <translation>Lesen lassen …</translation>
    </message>
    <message>
        <source>Let it send …</source>
        <translation>Senden lassen …</translation>
    </message>
    <message>
        <source>Let the PACS or the scanner send to the AE title {aet} at {host}, port {port}. An administrator lets it in: Administration (Ctrl+Shift+A), where who was refused is listed, too. Or drag a folder with DICOM files into this window.</source>
        <translation>Lassen Sie das PACS oder den Scanner an den AE-Titel {aet} unter {host}, Port {port} senden. Die Verwaltung lässt ihn ein: Verwaltung (Strg+Umschalt+A), wo auch steht, wer abgewiesen wurde. Oder ziehen Sie einen Ordner mit DICOM-Dateien in dieses Fenster.</translation>
    </message>
    <message>
        <source>Let the machine read it once more</source>
        <translation>Die KI noch einmal lesen lassen</translation>
    </message>
    <message>
        <source>Let {model} read unseen?</source>
        <translation>{model} im Schatten lesen lassen?</translation>
    </message>
    <message>
        <source>Let {model} read?</source>
        <translation>{model} lesen lassen?</translation>
    </message>
    <message>
        <source>Level of the missed finding</source>
        <translation>Wirbel des übersehenen Befunds</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>Wirbel</translation>
    </message>
    <message>
        <source>Licence GPL-3.0-or-later</source>
        <translation>Lizenz GPL-3.0-or-later</translation>
    </message>
    <message>
        <source>Light colours</source>
        <translation>Helle Farben</translation>
    </message>
    <message>
        <source>List</source>
        <translation>Liste</translation>
    </message>
    <message>
        <source>Load it anew</source>
        <translation>Neu laden</translation>
    </message>
    <message>
        <source>Loading this image …</source>
        <translation>Dieses Bild wird geladen …</translation>
    </message>
    <message>
        <source>Loading …</source>
        <translation>Wird geladen …</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>Sperren</translation>
    </message>
    <message>
        <source>Locked. Sign in to go on; what you drafted is kept.</source>
        <translation>Gesperrt. Melden Sie sich an, um fortzufahren; Ihre Entwürfe sind aufbewahrt.</translation>
    </message>
    <message>
        <source>Longest pause of a delivery</source>
        <translation>Längste Pause einer Zustellung</translation>
    </message>
    <message>
        <source>Look at it …</source>
        <translation>Ansehen …</translation>
    </message>
    <message>
        <source>Looking for files …</source>
        <translation>Dateien werden gesucht …</translation>
    </message>
    <message>
        <source>Looking what peers have of it …</source>
        <translation>Es wird nachgesehen, was Gegenstellen davon haben …</translation>
    </message>
    <message>
        <source>Looking what that would delete …</source>
        <translation>Es wird nachgesehen, was das löschen würde …</translation>
    </message>
    <message>
        <source>Looks after the node: peers, users, settings. Signs no verdicts.</source>
        <translation>Betreut den Knoten: Gegenstellen, Benutzer, Einstellungen. Signiert keine Beurteilungen.</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Erstellt</translation>
    </message>
    <message>
        <source>Make it a peer …</source>
        <translation>Zur Gegenstelle machen …</translation>
    </message>
    <message>
        <source>Make one up</source>
        <translation>Eines ausdenken</translation>
    </message>
    <message>
        <source>Mine</source>
        <translation>Meine</translation>
    </message>
    <message>
        <source>Modality</source>
        <translation>Modalität</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Model of the open study: none</source>
        <translation>Modell der offenen Untersuchung: keines</translation>
    </message>
    <message>
        <source>Model {name}</source>
        <translation>Modell {name}</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>More models: put their files into the folder “models” of the node's data.</source>
        <translation>Weitere Modelle: Legen Sie ihre Dateien in den Ordner „models“ der Daten des Knotens.</translation>
    </message>
    <message>
        <source>More than {count} series are</source>
        <translation>Mehr als {count} Serien werden</translation>
    </message>
    <message>
        <source>N&amp;ame</source>
        <translation>N&amp;ame</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Name in reports</source>
        <translation>Name in Berichten</translation>
    </message>
    <message>
        <source>Name or password is wrong.</source>
        <translation>Name oder Passwort ist falsch.</translation>
    </message>
    <message>
        <source>Ne&amp;w password</source>
        <translation>Ne&amp;ues Passwort</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>Netzwerk</translation>
    </message>
    <message>
        <source>New password …</source>
        <translation>Neues Passwort …</translation>
    </message>
    <message>
        <source>Next attempt</source>
        <translation>Nächster Versuch</translation>
    </message>
    <message>
        <source>No PACS to search</source>
        <translation>Kein PACS zum Durchsuchen</translation>
    </message>
    <message>
        <source>No authority vouches for the certificate of {url}. That is so for one that the node made for itself. Compare its SHA-256 fingerprint with the one that “cspine-node doctor” prints on the node's machine, or ask whoever looks after it:</source>
        <translation>Keine Stelle beglaubigt das Zertifikat von {url}. Das ist so, wenn der Knoten es selbst erstellt hat. Vergleichen Sie seinen SHA-256-Fingerabdruck mit dem, den „cspine-node doctor“ auf dem Rechner des Knotens ausgibt, oder fragen Sie, wer ihn betreut:</translation>
    </message>
    <message>
        <source>No box is in hand: click on the line of one, or draw one with D.</source>
        <translation>Kein Rahmen ist in der Hand: Klicken Sie auf die Linie eines Rahmens, oder zeichnen Sie einen mit D.</translation>
    </message>
    <message>
        <source>No cervical spine was recognised.</source>
        <translation>Es wurde keine Halswirbelsäule erkannt.</translation>
    </message>
    <message>
        <source>No entry fits. Take a filter away.</source>
        <translation>Kein Eintrag passt. Nehmen Sie einen Filter weg.</translation>
    </message>
    <message>
        <source>No fracture in these images</source>
        <translation>Keine Fraktur in diesen Bildern</translation>
    </message>
    <message>
        <source>No machine reading.</source>
        <translation>Kein KI-Ergebnis.</translation>
    </message>
    <message>
        <source>No model reads in the shadow any more.</source>
        <translation>Kein Modell liest mehr im Schatten.</translation>
    </message>
    <message>
        <source>No model reads in the shadow. Choose one under “Models”: it then reads what the active one has read, unseen by readers, and both are compared here.</source>
        <translation>Kein Modell liest im Schatten. Wählen Sie eines unter „Modelle“: Es liest dann, was das aktive gelesen hat, ungesehen von den Befundern, und beide werden hier verglichen.</translation>
    </message>
    <message>
        <source>No number of a machine. This is not a negative result.</source>
        <translation>Kein KI-Wert. Das ist kein negatives Ergebnis.</translation>
    </message>
    <message>
        <source>No object for {peer} is in this state.</source>
        <translation>Kein Objekt für {peer} ist in diesem Zustand.</translation>
    </message>
    <message>
        <source>No peer gets results yet: give one that role on the page of peers.</source>
        <translation>Noch keine Gegenstelle erhält Ergebnisse: Geben Sie einer diese Aufgabe auf der Seite der Gegenstellen.</translation>
    </message>
    <message>
        <source>No peer yet: nobody may send, and nobody gets results. Add the PACS, or have it send something and look at the refused callers.</source>
        <translation>Noch keine Gegenstelle: Niemand darf senden, und niemand erhält Ergebnisse. Legen Sie das PACS an, oder lassen Sie es etwas senden und sehen Sie unter „Abgewiesene Aufrufer“ nach.</translation>
    </message>
    <message>
        <source>No reader has given a verdict on one of them yet.</source>
        <translation>Noch niemand hat eine davon beurteilt.</translation>
    </message>
    <message>
        <source>No reading has ended yet.</source>
        <translation>Noch keine Auswertung ist beendet.</translation>
    </message>
    <message>
        <source>No refused callers</source>
        <translation>Keine abgewiesenen Aufrufer</translation>
    </message>
    <message>
        <source>No rule behind this one is asked</source>
        <translation>Nach dieser wird keine Regel gefragt</translation>
    </message>
    <message>
        <source>No rule is in force, and no peer gets results: nothing is sent anywhere.</source>
        <translation>Keine Regel ist in Kraft, und keine Gegenstelle erhält Ergebnisse: Nichts wird irgendwohin gesendet.</translation>
    </message>
    <message>
        <source>No rule is in force: everything goes to {peers}.</source>
        <translation>Keine Regel ist in Kraft: Alles geht an {peers}.</translation>
    </message>
    <message>
        <source>No rule is left then: every peer that gets results gets everything.</source>
        <translation>Dann ist keine Regel mehr da: Jede Gegenstelle, die Ergebnisse erhält, erhält alles.</translation>
    </message>
    <message>
        <source>No series is open</source>
        <translation>Keine Serie ist offen</translation>
    </message>
    <message>
        <source>No series is read at this moment.</source>
        <translation>Zurzeit wird keine Serie gelesen.</translation>
    </message>
    <message>
        <source>No study came yet</source>
        <translation>Noch keine Untersuchung da</translation>
    </message>
    <message>
        <source>No study came yet. Send one from the PACS, or drag a folder into this window.</source>
        <translation>Noch keine Untersuchung da. Senden Sie eine vom PACS, oder ziehen Sie einen Ordner in dieses Fenster.</translation>
    </message>
    <message>
        <source>No study in this tab matches “{text}”.</source>
        <translation>In diesem Reiter passt keine Untersuchung zu „{text}“.</translation>
    </message>
    <message>
        <source>No study in this tab passes the filters.</source>
        <translation>In diesem Reiter kommt keine Untersuchung durch die Filter.</translation>
    </message>
    <message>
        <source>No study is open</source>
        <translation>Keine Untersuchung ist offen</translation>
    </message>
    <message>
        <source>No unread study has a finding of the machine.</source>
        <translation>Keine unbefundete Untersuchung hat einen KI-Befund.</translation>
    </message>
    <message>
        <source>No unread study is left in this list.</source>
        <translation>In dieser Liste ist keine unbefundete Untersuchung mehr.</translation>
    </message>
    <message>
        <source>No.</source>
        <translation>Nr.</translation>
    </message>
    <message>
        <source>Nobody can be searched yet: an administrator adds the PACS as a peer.</source>
        <translation>Noch kann niemand durchsucht werden: Die Verwaltung legt das PACS als Gegenstelle an.</translation>
    </message>
    <message>
        <source>Nobody is known by this AE title. If you know who it is, make it a peer.</source>
        <translation>Unter diesem AE-Titel ist niemand bekannt. Wenn Sie wissen, wer es ist, machen Sie ihn zur Gegenstelle.</translation>
    </message>
    <message>
        <source>Nobody signed in at the provider.</source>
        <translation>Beim Anbieter hat sich niemand angemeldet.</translation>
    </message>
    <message>
        <source>Nobody stays signed in: this computer has no keyring</source>
        <translation>Niemand bleibt angemeldet (kein Schlüsselbund)</translation>
    </message>
    <message>
        <source>Nobody was turned away. Have the PACS or the scanner send something to AE title {aet} at port {port}: if this node does not know it, it appears here by itself.</source>
        <translation>Niemand wurde abgewiesen. Lassen Sie das PACS oder den Scanner etwas an den AE-Titel {aet} an Port {port} senden: Kennt dieser Knoten ihn nicht, erscheint er hier von selbst.</translation>
    </message>
    <message>
        <source>Node {url}</source>
        <translation>Knoten {url}</translation>
    </message>
    <message>
        <source>None checked: any.</source>
        <translation>Nichts angekreuzt: jede.</translation>
    </message>
    <message>
        <source>None: the API speaks plain HTTP, to this machine only, and DICOM has no TLS.</source>
        <translation>Keine: Die API spricht unverschlüsseltes HTTP, nur mit diesem Rechner, und DICOM hat kein TLS.</translation>
    </message>
    <message>
        <source>Not analysed</source>
        <translation>Nicht analysiert</translation>
    </message>
    <message>
        <source>Not analysed: {why}</source>
        <translation>Nicht analysiert: {why}</translation>
    </message>
    <message>
        <source>Not assessed whole by the machine; I read it whole, and it is intact:</source>
        <translation>Von der KI nicht ganz beurteilt; ich habe ihn ganz gesehen, und er ist intakt:</translation>
    </message>
    <message>
        <source>Not comparable</source>
        <translation>Nicht vergleichbar</translation>
    </message>
    <message>
        <source>Not for you</source>
        <translation>Nicht für Sie</translation>
    </message>
    <message>
        <source>Not or not wholly assessed: {levels}. The result covers only the rest.</source>
        <translation>Nicht oder nicht ganz beurteilt: {levels}. Das Ergebnis gilt nur für den Rest.</translation>
    </message>
    <message>
        <source>Not signed. {why}</source>
        <translation>Nicht signiert. {why}</translation>
    </message>
    <message>
        <source>Not signed: {reader} ({organization}) came first at {time}: {verdict}. Your draft is kept; sign again to say it beside theirs.</source>
        <translation>Nicht signiert: {reader} ({organization}) war um {time} schneller: {verdict}. Ihr Entwurf ist aufbewahrt; signieren Sie noch einmal, um Ihre Beurteilung daneben zu stellen.</translation>
    </message>
    <message>
        <source>Not tested from this console yet.</source>
        <translation>Von dieser Konsole aus noch nicht getestet.</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Nichts gefunden</translation>
    </message>
    <message>
        <source>Nothing found. * is any text; a PACS may want the exact ID.</source>
        <translation>Nichts gefunden. * ist beliebiger Text; ein PACS will vielleicht die genaue ID.</translation>
    </message>
    <message>
        <source>Nothing has failed.</source>
        <translation>Nichts ist gescheitert.</translation>
    </message>
    <message>
        <source>Nothing here is that old now: at first nothing is deleted. From then on each series goes once it ended and was delivered {days} days ago, and cannot be brought back.</source>
        <translation>Nichts hier ist jetzt so alt: Zuerst wird nichts gelöscht. Von da an wird jede Serie gelöscht, wenn sie vor {days} Tagen endete und zugestellt wurde, und kann nicht zurückgeholt werden.</translation>
    </message>
    <message>
        <source>Nothing is deleted by age. Images and results stay until somebody deletes them; once the disk is full, no more are received.</source>
        <translation>Nichts wird nach Alter gelöscht. Bilder und Ergebnisse bleiben, bis jemand sie löscht; ist der Speicher voll, werden keine mehr angenommen.</translation>
    </message>
    <message>
        <source>Nothing is sent or changed by it.</source>
        <translation>Dadurch wird nichts gesendet oder geändert.</translation>
    </message>
    <message>
        <source>Nothing is unread. New studies appear here by themselves.</source>
        <translation>Alles ist befundet. Neue Untersuchungen erscheinen hier von selbst.</translation>
    </message>
    <message>
        <source>Nothing of it was delivered to a peer.</source>
        <translation>Nichts davon wurde einer Gegenstelle zugestellt.</translation>
    </message>
    <message>
        <source>Nothing of this study is here, or not yet.</source>
        <translation>Nichts von dieser Untersuchung ist hier, oder noch nicht.</translation>
    </message>
    <message>
        <source>Nothing waits: all that came has been read.</source>
        <translation>Nichts wartet: Alles Eingegangene ist gelesen.</translation>
    </message>
    <message>
        <source>Nothing was ever to be delivered</source>
        <translation>Nichts war je zuzustellen</translation>
    </message>
    <message>
        <source>Nothing was read by two models in this time.</source>
        <translation>In dieser Zeit wurde nichts von zwei Modellen gelesen.</translation>
    </message>
    <message>
        <source>Nowhere at this moment.</source>
        <translation>Zurzeit nirgends.</translation>
    </message>
    <message>
        <source>Number {number} is tried again now.</source>
        <translation>Nummer {number} wird jetzt noch einmal versucht.</translation>
    </message>
    <message>
        <source>Object</source>
        <translation>Objekt</translation>
    </message>
    <message>
        <source>Objects</source>
        <translation>Objekte</translation>
    </message>
    <message>
        <source>Objects for {peer}</source>
        <translation>Objekte für {peer}</translation>
    </message>
    <message>
        <source>Objects in which state</source>
        <translation>Objekte in welchem Zustand</translation>
    </message>
    <message>
        <source>Objects parked</source>
        <translation>Zurückgestellte Objekte</translation>
    </message>
    <message>
        <source>Objects waiting to be sent</source>
        <translation>Zu sendende Objekte</translation>
    </message>
    <message>
        <source>Of</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Of its STOW-RS service, as https://pacs.example.org/dicom-web. What it wants to see is in the file delivery.stow_credentials of the node, by the name above.</source>
        <translation>Ihres STOW-RS-Dienstes, etwa https://pacs.example.org/dicom-web. Was er sehen will, steht in der Datei delivery.stow_credentials des Knotens, unter dem Namen oben.</translation>
    </message>
    <message>
        <source>Of what</source>
        <translation>Wovon</translation>
    </message>
    <message>
        <source>Offline</source>
        <translation>Nicht erreichbar</translation>
    </message>
    <message>
        <source>Older entries</source>
        <translation>Ältere Einträge</translation>
    </message>
    <message>
        <source>Oldest in the queue</source>
        <translation>Am längsten in der Warteschlange</translation>
    </message>
    <message>
        <source>Oldest waits</source>
        <translation>Älteste wartet</translation>
    </message>
    <message numerus="yes">
        <source>On %n the shadow failed.</source>
        <translation>
            <numerusform>Bei einer scheiterte der Schatten.</numerusform>
            <numerusform>Bei %n scheiterte der Schatten.</numerusform>
        </translation>
    </message>
    <message>
        <source>Only a radiologist signs.</source>
        <translation>Nur Radiologinnen und Radiologen signieren.</translation>
    </message>
    <message>
        <source>Only the active</source>
        <translation>Nur das aktive</translation>
    </message>
    <message>
        <source>Only the shadow</source>
        <translation>Nur der Schatten</translation>
    </message>
    <message>
        <source>Only this machine reaches it: the node listens at {bind} (dicom.bind in its configuration).</source>
        <translation>Nur dieser Rechner erreicht ihn: Der Knoten lauscht an {bind} (dicom.bind in seiner Konfiguration).</translation>
    </message>
    <message>
        <source>Open  ({key})</source>
        <translation>Öffnen  ({key})</translation>
    </message>
    <message>
        <source>Open a folder …</source>
        <translation>Ordner öffnen …</translation>
    </message>
    <message>
        <source>Open files …</source>
        <translation>Dateien öffnen …</translation>
    </message>
    <message>
        <source>Open the console to see which. Research use only.</source>
        <translation>Öffnen Sie die Konsole, um zu sehen, welche. Nur für Forschung.</translation>
    </message>
    <message>
        <source>Open the new finding</source>
        <translation>Den neuen Befund öffnen</translation>
    </message>
    <message>
        <source>Open this page in a browser: {url}</source>
        <translation>Öffnen Sie diese Seite in einem Browser: {url}</translation>
    </message>
    <message>
        <source>Operating point</source>
        <translation>Arbeitspunkt</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>Reihenfolge</translation>
    </message>
    <message>
        <source>Organization</source>
        <translation>Einrichtung</translation>
    </message>
    <message>
        <source>Own files</source>
        <translation>Eigene Dateien</translation>
    </message>
    <message>
        <source>Own files to the node</source>
        <translation>Eigene Dateien an den Knoten</translation>
    </message>
    <message>
        <source>PACS</source>
        <translation>PACS</translation>
    </message>
    <message>
        <source>Pages of the administration</source>
        <translation>Seiten der Verwaltung</translation>
    </message>
    <message>
        <source>Parked</source>
        <translation>Zurückgestellt</translation>
    </message>
    <message>
        <source>Parked objects are not tried again by themselves: {peer} refused them, or was gone. Once that is mended, resume them.</source>
        <translation>Zurückgestellte Objekte werden nicht von selbst wieder versucht: {peer} hat sie abgewiesen oder war weg. Ist das behoben, nehmen Sie sie wieder auf.</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Passwort</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>Patient</translation>
    </message>
    <message>
        <source>Patient ID</source>
        <translation>Patienten-ID</translation>
    </message>
    <message>
        <source>Peers</source>
        <translation>Gegenstellen</translation>
    </message>
    <message>
        <source>Pieces</source>
        <translation>Teile</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>Priorität</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
    <message>
        <source>Protocol</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Query/Retrieve</source>
        <translation>Query/Retrieve</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Warteschlange</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>Befundet</translation>
    </message>
    <message>
        <source>Reader</source>
        <translation>Befunder</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>Auswertung</translation>
    </message>
    <message>
        <source>Reads and signs verdicts; sees the queue, changes no settings.</source>
        <translation>Liest und signiert Beurteilungen; sieht die Warteschlange, ändert keine Einstellungen.</translation>
    </message>
    <message>
        <source>Refused callers</source>
        <translation>Abgewiesene Aufrufer</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Remove the rule {name}?</source>
        <translation>Regel {name} entfernen?</translation>
    </message>
    <message>
        <source>Remove “{name}”</source>
        <translation>„{name}“ entfernen</translation>
    </message>
    <message>
        <source>Remove …</source>
        <translation>Entfernen …</translation>
    </message>
    <message>
        <source>Requests for a commitment</source>
        <translation>Bitten um Commitment</translation>
    </message>
    <message>
        <source>Research use only – not for diagnosis</source>
        <translation>Nur für Forschung, nicht zur Diagnose</translation>
    </message>
    <message>
        <source>Restarts</source>
        <translation>Neustarts</translation>
    </message>
    <message>
        <source>Results go to peers that “get results” or that a route names.</source>
        <translation>Ergebnisse gehen an Gegenstellen, die „Ergebnisse erhalten“ oder die eine Route nennt.</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Wieder aufnehmen</translation>
    </message>
    <message>
        <source>Resume all parked</source>
        <translation>Alles Zurückgestellte wieder aufnehmen</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>Routes</source>
        <translation>Routen</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>Läuft auf</translation>
    </message>
    <message>
        <source>SHA-256 of its file, as results name it</source>
        <translation>SHA-256 der Datei, so wie Ergebnisse sie nennen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save this view as</source>
        <translation>Diese Ansicht speichern als</translation>
    </message>
    <message>
        <source>Save this view …</source>
        <translation>Diese Ansicht speichern …</translation>
    </message>
    <message>
        <source>Save, and delete them</source>
        <translation>Speichern und löschen</translation>
    </message>
    <message>
        <source>Say of {levels}: accept, reject or unsure.</source>
        <translation>Sagen Sie zu {levels}: bestätigt, verworfen oder unsicher.</translation>
    </message>
    <message>
        <source>Say that there is no fracture in these images, if you see none.</source>
        <translation>Sagen Sie, dass in diesen Bildern keine Fraktur ist, wenn Sie keine sehen.</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search  (Ctrl+F)</source>
        <translation>Suchen  (Strg+F)</translation>
    </message>
    <message>
        <source>Search by a name, an ID, an accession number or a date.</source>
        <translation>Suchen Sie nach Name, ID, Accession-Nummer oder Datum.</translation>
    </message>
    <message>
        <source>Search the worklist</source>
        <translation>Die Arbeitsliste durchsuchen</translation>
    </message>
    <message>
        <source>Secured by TLS, both ways</source>
        <translation>Durch TLS gesichert, in beide Richtungen</translation>
    </message>
    <message>
        <source>Send again</source>
        <translation>Noch einmal senden</translation>
    </message>
    <message>
        <source>Send again …</source>
        <translation>Noch einmal senden …</translation>
    </message>
    <message>
        <source>Send it again?</source>
        <translation>Noch einmal senden?</translation>
    </message>
    <message>
        <source>Send one from the PACS, or drag a folder into this window.</source>
        <translation>Senden Sie eine vom PACS, oder ziehen Sie einen Ordner in dieses Fenster.</translation>
    </message>
    <message>
        <source>Send the rest again</source>
        <translation>Den Rest noch einmal senden</translation>
    </message>
    <message>
        <source>Sent</source>
        <translation>Gesendet</translation>
    </message>
    <message>
        <source>Sent by itself, next at {time}.</source>
        <translation>Wird von selbst gesendet, das nächste Mal um {time}.</translation>
    </message>
    <message>
        <source>Series</source>
        <translation>Serie</translation>
    </message>
    <message>
        <source>Series Instance UID</source>
        <translation>Series Instance UID</translation>
    </message>
    <message>
        <source>Series and deliveries</source>
        <translation>Serien und Zustellungen</translation>
    </message>
    <message>
        <source>Series description</source>
        <translation>Serienbeschreibung</translation>
    </message>
    <message>
        <source>Series on which they differ</source>
        <translation>Serien, bei denen sie verschieden sind</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>Sitzungen</translation>
    </message>
    <message>
        <source>Set the password</source>
        <translation>Passwort setzen</translation>
    </message>
    <message>
        <source>Setting</source>
        <translation>Einstellung</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Settings of the configuration file</source>
        <translation>Einstellungen der Konfigurationsdatei</translation>
    </message>
    <message>
        <source>Settings that change while the node runs</source>
        <translation>Einstellungen, die sich im Betrieb ändern lassen</translation>
    </message>
    <message>
        <source>Shadow = reader</source>
        <translation>Schatten = Befunder</translation>
    </message>
    <message>
        <source>Shadow, compared</source>
        <translation>Schatten, verglichen</translation>
    </message>
    <message>
        <source>Shadow: what it sends is analysed, and nothing is sent anywhere</source>
        <translation>Schattenbetrieb: Was sie sendet, wird analysiert, und nichts wird irgendwohin gesendet</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Show (F5)</source>
        <translation>Zeigen (F5)</translation>
    </message>
    <message>
        <source>Show in the worklist</source>
        <translation>In der Arbeitsliste zeigen</translation>
    </message>
    <message>
        <source>Show it in the images</source>
        <translation>In den Bildern zeigen</translation>
    </message>
    <message>
        <source>Show only:</source>
        <translation>Nur zeigen:</translation>
    </message>
    <message>
        <source>Show the whole tab</source>
        <translation>Den ganzen Reiter zeigen</translation>
    </message>
    <message>
        <source>Show these no longer alone</source>
        <translation>Nicht mehr nur diese zeigen</translation>
    </message>
    <message>
        <source>Sign and next  (N)</source>
        <translation>Signieren und weiter  (N)</translation>
    </message>
    <message>
        <source>Sign in</source>
        <translation>Anmelden</translation>
    </message>
    <message>
        <source>Sign in with the hospital's account</source>
        <translation>Mit dem Konto des Hauses anmelden</translation>
    </message>
    <message>
        <source>Sign out</source>
        <translation>Abmelden</translation>
    </message>
    <message>
        <source>Signed</source>
        <translation>Signiert</translation>
    </message>
    <message>
        <source>Signing in …</source>
        <translation>Anmeldung läuft …</translation>
    </message>
    <message>
        <source>Signing …</source>
        <translation>Wird signiert …</translation>
    </message>
    <message>
        <source>Since</source>
        <translation>Seit</translation>
    </message>
    <message>
        <source>Slices are missing.</source>
        <translation>Es fehlen Schichten.</translation>
    </message>
    <message>
        <source>Small letters, digits, dot, dash, underscore.</source>
        <translation>Kleinbuchstaben, Ziffern, Punkt, Strich, Unterstrich.</translation>
    </message>
    <message>
        <source>So long nothing new must have come of it. Too short, and late slices are read apart.</source>
        <translation>So lange darf nichts Neues von ihr gekommen sein. Zu kurz, und späte Schichten werden für sich gelesen.</translation>
    </message>
    <message>
        <source>Something became of this study meanwhile.</source>
        <translation>Inzwischen hat sich an dieser Untersuchung etwas geändert.</translation>
    </message>
    <message>
        <source>Sound for a new finding</source>
        <translation>Ton bei einem neuen Befund</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Station name</source>
        <translation>Stationsname</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Stay signed in on this computer (in the system's keyring)</source>
        <translation>Angemeldet bleiben (im Schlüsselbund des Systems)</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>Untersucht</translation>
    </message>
    <message>
        <source>Study date</source>
        <translation>Untersuchungsdatum</translation>
    </message>
    <message>
        <source>Study description</source>
        <translation>Untersuchungsbeschreibung</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>TCP</source>
        <translation>TCP</translation>
    </message>
    <message>
        <source>TLS</source>
        <translation>TLS</translation>
    </message>
    <message>
        <source>Take it</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Take it back</source>
        <translation>Zurücknehmen</translation>
    </message>
    <message>
        <source>Take out of the queue</source>
        <translation>Aus der Warteschlange nehmen</translation>
    </message>
    <message>
        <source>Take the change back …</source>
        <translation>Änderung zurücknehmen …</translation>
    </message>
    <message>
        <source>Take the change back?</source>
        <translation>Änderung zurücknehmen?</translation>
    </message>
    <message>
        <source>Taken</source>
        <translation>Übernommen</translation>
    </message>
    <message>
        <source>Tell the other side about this node: AE title {own_aet}, host {own_host}, port {own_port}.</source>
        <translation>Sagen Sie der anderen Seite, wie dieser Knoten heißt: AE-Titel {own_aet}, Host {own_host}, Port {own_port}.</translation>
    </message>
    <message>
        <source>Test the way (C-ECHO)</source>
        <translation>Weg testen (C-ECHO)</translation>
    </message>
    <message>
        <source>That is no address: try https://host:port</source>
        <translation>Das ist keine Adresse: Versuchen Sie https://host:port</translation>
    </message>
    <message>
        <source>That is too small for a box. Drag over the fracture; Esc: no box.</source>
        <translation>Das ist für einen Rahmen zu klein. Ziehen Sie ihn um die Fraktur; Esc: kein Rahmen.</translation>
    </message>
    <message>
        <source>That would leave nobody to look after the node.</source>
        <translation>Dann bliebe niemand, der den Knoten betreut.</translation>
    </message>
    <message>
        <source>The PACS tells no series of it.</source>
        <translation>Das PACS nennt keine Serie davon.</translation>
    </message>
    <message>
        <source>The analysis failed.</source>
        <translation>Die Analyse ist gescheitert.</translation>
    </message>
    <message>
        <source>The certificate of {url} is not trusted.</source>
        <translation>Dem Zertifikat von {url} wird nicht vertraut.</translation>
    </message>
    <message>
        <source>The connection to {url} broke.</source>
        <translation>Die Verbindung zu {url} ist abgebrochen.</translation>
    </message>
    <message>
        <source>The connection was closed.</source>
        <translation>Die Verbindung wurde geschlossen.</translation>
    </message>
    <message>
        <source>The console made a mistake. Its log says where; please report it.</source>
        <translation>Die Konsole hat einen Fehler gemacht. Ihr Protokoll sagt, wo; bitte melden Sie es.</translation>
    </message>
    <message>
        <source>The distance between slices is not constant.</source>
        <translation>Der Abstand der Schichten ist nicht gleichmäßig.</translation>
    </message>
    <message>
        <source>The draft cannot be kept: {why}.</source>
        <translation>Der Entwurf kann nicht aufbewahrt werden: {why}.</translation>
    </message>
    <message>
        <source>The entry says no more than that it was done.</source>
        <translation>Der Eintrag sagt nicht mehr, als dass es geschah.</translation>
    </message>
    <message>
        <source>The first image comes at once, the others after it.</source>
        <translation>Das erste Bild kommt sofort, die anderen danach.</translation>
    </message>
    <message>
        <source>The first {count} are shown.</source>
        <translation>Die ersten {count} sind gezeigt.</translation>
    </message>
    <message>
        <source>The gantry was tilted.</source>
        <translation>Die Gantry war gekippt.</translation>
    </message>
    <message>
        <source>The headers do not say where the images lie.</source>
        <translation>Die Kopfdaten sagen nicht, wo die Bilder liegen.</translation>
    </message>
    <message>
        <source>The headers do not say where these images lie: no reformats, no millimetres.</source>
        <translation>Die Kopfdaten sagen nicht, wo diese Bilder liegen: keine Rekonstruktionen, keine Millimeter.</translation>
    </message>
    <message>
        <source>The heat map cannot be had ({status}).</source>
        <translation>Die Heatmap ist nicht zu bekommen ({status}).</translation>
    </message>
    <message>
        <source>The heat map cannot be read.</source>
        <translation>Die Heatmap kann nicht gelesen werden.</translation>
    </message>
    <message>
        <source>The heat map is too large.</source>
        <translation>Die Heatmap ist zu groß.</translation>
    </message>
    <message>
        <source>The images are still loading.</source>
        <translation>Die Bilder werden noch geladen.</translation>
    </message>
    <message>
        <source>The images cannot be shown</source>
        <translation>Die Bilder können nicht gezeigt werden</translation>
    </message>
    <message>
        <source>The images cannot be shown: the viewer has a fault.</source>
        <translation>Die Bilder können nicht gezeigt werden: Der Betrachter hat einen Fehler.</translation>
    </message>
    <message>
        <source>The images differ in size or pixel size.</source>
        <translation>Die Bilder haben verschiedene Größen oder Pixelgrößen.</translation>
    </message>
    <message>
        <source>The images do not belong together.</source>
        <translation>Die Bilder gehören nicht zusammen.</translation>
    </message>
    <message>
        <source>The log says</source>
        <translation>Das Protokoll sagt</translation>
    </message>
    <message>
        <source>The machine has marked nothing in this series.</source>
        <translation>Die KI hat in dieser Serie nichts markiert.</translation>
    </message>
    <message>
        <source>The machine has not read this study yet: a verdict can be given when it has.</source>
        <translation>Die KI hat diese Untersuchung noch nicht gelesen: Erst danach können Sie sie beurteilen.</translation>
    </message>
    <message>
        <source>The machine's number – research use only</source>
        <translation>KI-Wert – nur für Forschung</translation>
    </message>
    <message>
        <source>The new password was typed in two ways.</source>
        <translation>Das neue Passwort wurde zweimal verschieden eingegeben.</translation>
    </message>
    <message>
        <source>The node answered in a way that this console does not know: is it of another version?</source>
        <translation>Der Knoten antwortete auf eine Weise, die diese Konsole nicht kennt: Ist er von einer anderen Version?</translation>
    </message>
    <message>
        <source>The node answered {status}, without a reason.</source>
        <translation>Der Knoten antwortete {status}, ohne einen Grund.</translation>
    </message>
    <message>
        <source>The node at {url} cannot be reached.</source>
        <translation>Der Knoten unter {url} ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>The node at {url} does not answer in time.</source>
        <translation>Der Knoten unter {url} antwortet nicht rechtzeitig.</translation>
    </message>
    <message>
        <source>The node does not know this any more.</source>
        <translation>Das kennt der Knoten nicht mehr.</translation>
    </message>
    <message>
        <source>The node ended the connection.</source>
        <translation>Der Knoten hat die Verbindung beendet.</translation>
    </message>
    <message>
        <source>The node is busy: try again in a moment.</source>
        <translation>Der Knoten ist beschäftigt: Versuchen Sie es gleich noch einmal.</translation>
    </message>
    <message>
        <source>The node made a mistake.</source>
        <translation>Der Knoten hat einen Fehler gemacht.</translation>
    </message>
    <message>
        <source>The node names no web page to sign in at.</source>
        <translation>Der Knoten nennt keine Webseite zum Anmelden.</translation>
    </message>
    <message>
        <source>The node's database is not available.</source>
        <translation>Die Datenbank des Knotens ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>The node's disk is full.</source>
        <translation>Der Speicher des Knotens ist voll.</translation>
    </message>
    <message>
        <source>The other side calls itself otherwise: correct its AE title here.</source>
        <translation>Die andere Seite nennt sich anders: Berichtigen Sie hier ihren AE-Titel.</translation>
    </message>
    <message>
        <source>The password must be changed first.</source>
        <translation>Das Passwort muss zuerst geändert werden.</translation>
    </message>
    <message>
        <source>The pauses grow up to this.</source>
        <translation>Die Pausen wachsen bis dahin.</translation>
    </message>
    <message>
        <source>The peer {name} has this AE title, at {host}; this call came from {caller}. Has it moved, or is it somebody else?</source>
        <translation>Die Gegenstelle {name} hat diesen AE-Titel, unter {host}; dieser Aufruf kam von {caller}. Ist sie umgezogen, oder ist es jemand anders?</translation>
    </message>
    <message>
        <source>The pixels are no plausible Hounsfield units.</source>
        <translation>Die Pixelwerte sind keine plausiblen Hounsfield-Einheiten.</translation>
    </message>
    <message>
        <source>The pixels cannot be read.</source>
        <translation>Die Pixel können nicht gelesen werden.</translation>
    </message>
    <message>
        <source>The provider lets nobody in: {why}.</source>
        <translation>Der Anbieter lässt niemanden ein: {why}.</translation>
    </message>
    <message>
        <source>The request came too slowly.</source>
        <translation>Die Anfrage kam zu langsam.</translation>
    </message>
    <message>
        <source>The request is too large.</source>
        <translation>Die Anfrage ist zu groß.</translation>
    </message>
    <message>
        <source>The series covers too little of the spine.</source>
        <translation>Die Serie deckt zu wenig von der Wirbelsäule ab.</translation>
    </message>
    <message>
        <source>The server broke off its answer.</source>
        <translation>Der Server hat seine Antwort abgebrochen.</translation>
    </message>
    <message>
        <source>The server cannot show this image ({status}).</source>
        <translation>Der Server kann dieses Bild nicht zeigen ({status}).</translation>
    </message>
    <message>
        <source>The server describes this series in no way we know.</source>
        <translation>Der Server beschreibt diese Serie auf eine unbekannte Weise.</translation>
    </message>
    <message>
        <source>The server does not answer.</source>
        <translation>Der Server antwortet nicht.</translation>
    </message>
    <message>
        <source>The server does not describe this image.</source>
        <translation>Der Server beschreibt dieses Bild nicht.</translation>
    </message>
    <message>
        <source>The server does not describe this series ({status}).</source>
        <translation>Der Server beschreibt diese Serie nicht ({status}).</translation>
    </message>
    <message>
        <source>The server has no images of this series.</source>
        <translation>Der Server hat keine Bilder dieser Serie.</translation>
    </message>
    <message>
        <source>The server is not ready ({status}).</source>
        <translation>Der Server ist nicht bereit ({status}).</translation>
    </message>
    <message>
        <source>The server's answer is no image.</source>
        <translation>Die Antwort des Servers ist kein Bild.</translation>
    </message>
    <message>
        <source>The session has ended: sign in again.</source>
        <translation>Die Sitzung ist beendet: Melden Sie sich wieder an.</translation>
    </message>
    <message>
        <source>The shadow takes {seconds} s for a series.</source>
        <translation>Der Schatten braucht {seconds} s für eine Serie.</translation>
    </message>
    <message>
        <source>The slices are not axial.</source>
        <translation>Die Schichten sind nicht axial.</translation>
    </message>
    <message>
        <source>The slices are not parallel.</source>
        <translation>Die Schichten sind nicht parallel.</translation>
    </message>
    <message>
        <source>The slices are too far apart.</source>
        <translation>Die Schichten liegen zu weit auseinander.</translation>
    </message>
    <message>
        <source>The study did not come</source>
        <translation>Die Untersuchung ist nicht angekommen</translation>
    </message>
    <message>
        <source>The trail is nowhere but in this node's database: who can rewrite that can rewrite it. Export it now and then, or have it sent on (audit.syslog_host).</source>
        <translation>Das Protokoll liegt nur in der Datenbank dieses Knotens: Wer sie umschreiben kann, kann es umschreiben. Leiten Sie es ab und zu aus, oder lassen Sie es weitergeben (audit.syslog_host).</translation>
    </message>
    <message>
        <source>The view cannot be kept: {reason}.</source>
        <translation>Die Ansicht kann nicht aufbewahrt werden: {reason}.</translation>
    </message>
    <message>
        <source>The worklist did not come</source>
        <translation>Die Arbeitsliste ist nicht angekommen</translation>
    </message>
    <message>
        <source>The worklist is on its way.</source>
        <translation>Die Arbeitsliste ist unterwegs.</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>Dann</translation>
    </message>
    <message>
        <source>Then a result counts as delivered only when it says that it keeps it.</source>
        <translation>Dann gilt ein Ergebnis erst als zugestellt, wenn sie sagt, dass sie es aufbewahrt.</translation>
    </message>
    <message>
        <source>There are localizer images (scouts).</source>
        <translation>Es sind Übersichtsaufnahmen (Scouts) dabei.</translation>
    </message>
    <message>
        <source>There are several slices at the same position.</source>
        <translation>Mehrere Schichten liegen an derselben Stelle.</translation>
    </message>
    <message>
        <source>There are too few slices.</source>
        <translation>Es sind zu wenige Schichten.</translation>
    </message>
    <message>
        <source>There is no heat map of this series.</source>
        <translation>Zu dieser Serie gibt es keine Heatmap.</translation>
    </message>
    <message>
        <source>There is nothing to take back.</source>
        <translation>Es gibt nichts zurückzunehmen.</translation>
    </message>
    <message>
        <source>There may be more: narrow the search.</source>
        <translation>Es kann mehr geben: Grenzen Sie die Suche ein.</translation>
    </message>
    <message>
        <source>There was no file to send.</source>
        <translation>Es gab keine Datei zu senden.</translation>
    </message>
    <message>
        <source>These are not CT images.</source>
        <translation>Das sind keine CT-Bilder.</translation>
    </message>
    <message>
        <source>These rules</source>
        <translation>Diese Regeln</translation>
    </message>
    <message>
        <source>They are analysed like what a scanner sends.</source>
        <translation>Sie werden analysiert wie das, was ein Scanner sendet.</translation>
    </message>
    <message numerus="yes">
        <source>They differ on %n series, the newest first</source>
        <translation>
            <numerusform>Sie sind bei einer Serie verschieden, die neueste zuerst</numerusform>
            <numerusform>Sie sind bei %n Serien verschieden, die neueste zuerst</numerusform>
        </translation>
    </message>
    <message>
        <source>They differ on no series.</source>
        <translation>Sie sind bei keiner Serie verschieden.</translation>
    </message>
    <message>
        <source>They say the same of {same} ({percent} %); only the shadow sees a fracture in {shadow}, only the active one in {active}.</source>
        <translation>Sie sagen dasselbe zu {same} ({percent} %); nur der Schatten sieht eine Fraktur bei {shadow}, nur das aktive bei {active}.</translation>
    </message>
    <message>
        <source>This answer does not belong to this sign-in.</source>
        <translation>Diese Antwort gehört nicht zu dieser Anmeldung.</translation>
    </message>
    <message>
        <source>This image cannot be had. {why}</source>
        <translation>Dieses Bild ist nicht zu bekommen. {why}</translation>
    </message>
    <message>
        <source>This image cannot be shown</source>
        <translation>Dieses Bild kann nicht gezeigt werden</translation>
    </message>
    <message>
        <source>This image is damaged: it has another size than its header.</source>
        <translation>Dieses Bild ist beschädigt: Es hat eine andere Größe, als seine Kopfdaten sagen.</translation>
    </message>
    <message>
        <source>This image is damaged: it has {found} bytes where its header says {expected}.</source>
        <translation>Dieses Bild ist beschädigt: Es hat {found} Byte, wo seine Kopfdaten {expected} sagen.</translation>
    </message>
    <message>
        <source>This name is taken.</source>
        <translation>Dieser Name ist vergeben.</translation>
    </message>
    <message>
        <source>This node</source>
        <translation>Dieser Knoten</translation>
    </message>
    <message>
        <source>This node needs a certificate of its own (tls.* in its configuration).</source>
        <translation>Dieser Knoten braucht ein eigenes Zertifikat (tls.* in seiner Konfiguration).</translation>
    </message>
    <message>
        <source>This series has no image that can be shown.</source>
        <translation>Diese Serie hat kein Bild, das gezeigt werden kann.</translation>
    </message>
    <message>
        <source>Those beside it can be read.</source>
        <translation>Die Bilder daneben können gelesen werden.</translation>
    </message>
    <message>
        <source>Times</source>
        <translation>Anzahl</translation>
    </message>
    <message>
        <source>To the peers</source>
        <translation>An die Gegenstellen</translation>
    </message>
    <message numerus="yes">
        <source>Too many attempts. Try again in %n minutes.</source>
        <translation>
            <numerusform>Zu viele Versuche. Versuchen Sie es in %n Minute wieder.</numerusform>
            <numerusform>Zu viele Versuche. Versuchen Sie es in %n Minuten wieder.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Too many attempts. Try again in %n seconds.</source>
        <translation>
            <numerusform>Zu viele Versuche. Versuchen Sie es in %n Sekunde wieder.</numerusform>
            <numerusform>Zu viele Versuche. Versuchen Sie es in %n Sekunden wieder.</numerusform>
        </translation>
    </message>
    <message>
        <source>Too many attempts: wait a little, then try again.</source>
        <translation>Zu viele Versuche: Warten Sie etwas, dann versuchen Sie es wieder.</translation>
    </message>
    <message>
        <source>Too many consoles are connected already.</source>
        <translation>Es sind schon zu viele Konsolen verbunden.</translation>
    </message>
    <message>
        <source>Trained on</source>
        <translation>Trainiert mit</translation>
    </message>
    <message>
        <source>Tried</source>
        <translation>Versucht</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Try it on the</source>
        <translation>Probieren mit den</translation>
    </message>
    <message>
        <source>Try now</source>
        <translation>Jetzt versuchen</translation>
    </message>
    <message>
        <source>Trying …</source>
        <translation>Wird probiert …</translation>
    </message>
    <message>
        <source>Turn off</source>
        <translation>Ausschalten</translation>
    </message>
    <message>
        <source>Turn on</source>
        <translation>Einschalten</translation>
    </message>
    <message>
        <source>Type this into the PACS:</source>
        <translation>Tragen Sie das im PACS ein:</translation>
    </message>
    <message>
        <source>Type your name and your password.</source>
        <translation>Geben Sie Ihren Namen und Ihr Passwort ein.</translation>
    </message>
    <message>
        <source>URL</source>
        <translation>URL</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Undo entry {number}?</source>
        <translation>Eintrag {number} rückgängig machen?</translation>
    </message>
    <message>
        <source>Undo …</source>
        <translation>Rückgängig …</translation>
    </message>
    <message>
        <source>Unread</source>
        <translation>Unbefundet</translation>
    </message>
    <message>
        <source>Until</source>
        <translation>Bis</translation>
    </message>
    <message>
        <source>Users</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Beurteilung</translation>
    </message>
    <message>
        <source>Verify the trail</source>
        <translation>Protokoll prüfen</translation>
    </message>
    <message>
        <source>Verifying …</source>
        <translation>Wird geprüft …</translation>
    </message>
    <message>
        <source>View: {name}</source>
        <translation>Ansicht: {name}</translation>
    </message>
    <message>
        <source>Views</source>
        <translation>Ansichten</translation>
    </message>
    <message>
        <source>Wait for a commitment</source>
        <translation>Warten auf ein Commitment</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Waiting for the browser … (give up)</source>
        <translation>Warten auf den Browser … (aufgeben)</translation>
    </message>
    <message>
        <source>Was sent</source>
        <translation>Wurde gesendet</translation>
    </message>
    <message>
        <source>Way</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>What became of it</source>
        <translation>Was daraus wurde</translation>
    </message>
    <message>
        <source>What could not be taken stands here, and why.</source>
        <translation>Was nicht angenommen werden konnte, steht hier, und warum.</translation>
    </message>
    <message>
        <source>What peers have of it is not known at this moment.</source>
        <translation>Was Gegenstellen davon haben, ist zurzeit nicht bekannt.</translation>
    </message>
    <message>
        <source>What that would delete is not known, so it cannot be saved: {problem}</source>
        <translation>Was das löschen würde, ist nicht bekannt, daher kann es nicht gespeichert werden: {problem}</translation>
    </message>
    <message>
        <source>What the PACS has</source>
        <translation>Was das PACS hat</translation>
    </message>
    <message>
        <source>What the entry changed</source>
        <translation>Was der Eintrag geändert hat</translation>
    </message>
    <message>
        <source>What waits for it is not read any more. What it said stays, and is compared.</source>
        <translation>Was darauf wartet, wird nicht mehr gelesen. Was es sagte, bleibt und wird verglichen.</translation>
    </message>
    <message>
        <source>What was delivered stays there, this node cannot call it back: {peers}.</source>
        <translation>Was zugestellt wurde, bleibt dort; dieser Knoten kann es nicht zurückholen: {peers}.</translation>
    </message>
    <message>
        <source>What was kept</source>
        <translation>Was aufbewahrt wurde</translation>
    </message>
    <message>
        <source>What was taken and not committed to yet is asked for again by itself.</source>
        <translation>Was angenommen, aber noch nicht zugesagt wurde, wird von selbst wieder erbeten.</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Where it listens; 104 and 11112 are usual.</source>
        <translation>Wo sie lauscht; üblich sind 104 und 11112.</translation>
    </message>
    <message>
        <source>Where the fracture is one of another level</source>
        <translation>Wenn die Fraktur an einem anderen Wirbel ist</translation>
    </message>
    <message>
        <source>Where {name} is signed in</source>
        <translation>Wo {name} angemeldet ist</translation>
    </message>
    <message>
        <source>Which</source>
        <translation>Welche</translation>
    </message>
    <message>
        <source>Which entries</source>
        <translation>Welche Einträge</translation>
    </message>
    <message>
        <source>Which two models: the active one, the shadow</source>
        <translation>Welche zwei Modelle: das aktive, der Schatten</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>Wer</translation>
    </message>
    <message>
        <source>Whom the reader verifies for. Without it no verdict can be signed.</source>
        <translation>Für wen die Person beglaubigt. Ohne das kann keine Beurteilung signiert werden.</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>With the saved rules</source>
        <translation>Mit den gespeicherten Regeln</translation>
    </message>
    <message>
        <source>With this rule</source>
        <translation>Mit dieser Regel</translation>
    </message>
    <message>
        <source>Without the change</source>
        <translation>Ohne die Änderung</translation>
    </message>
    <message>
        <source>Worklist</source>
        <translation>Arbeitsliste</translation>
    </message>
    <message>
        <source>You are signed out.</source>
        <translation>Sie sind abgemeldet.</translation>
    </message>
    <message>
        <source>You have taken no unread study. Open one, and take it.</source>
        <translation>Sie haben keine unbefundete Untersuchung übernommen. Öffnen Sie eine, und übernehmen Sie sie.</translation>
    </message>
    <message>
        <source>You may not see these images.</source>
        <translation>Sie dürfen diese Bilder nicht sehen.</translation>
    </message>
    <message>
        <source>Your draft is kept on this computer.</source>
        <translation>Ihr Entwurf ist auf diesem Rechner aufbewahrt.</translation>
    </message>
    <message>
        <source>Your draft is kept.</source>
        <translation>Ihr Entwurf ist aufbewahrt.</translation>
    </message>
    <message>
        <source>Your own short name for it, as pacs or ct-1.</source>
        <translation>Ihr eigener kurzer Name dafür, etwa pacs oder ct-1.</translation>
    </message>
    <message>
        <source>Your role may not do this.</source>
        <translation>Ihre Rolle darf das nicht.</translation>
    </message>
    <message>
        <source>a finding from {number} on</source>
        <translation>ein Befund ab {number}</translation>
    </message>
    <message>
        <source>a reader's verdict</source>
        <translation>die Beurteilung eines Befunders</translation>
    </message>
    <message>
        <source>a retrieval ended</source>
        <translation>ein Abruf endete</translation>
    </message>
    <message>
        <source>about what</source>
        <translation>worüber</translation>
    </message>
    <message>
        <source>accept the finding</source>
        <translation>Befund bestätigen</translation>
    </message>
    <message>
        <source>activated a model</source>
        <translation>hat ein Modell eingesetzt</translation>
    </message>
    <message>
        <source>add a peer</source>
        <translation>Gegenstelle anlegen</translation>
    </message>
    <message>
        <source>add a rule</source>
        <translation>Regel anlegen</translation>
    </message>
    <message>
        <source>add a user</source>
        <translation>Benutzer anlegen</translation>
    </message>
    <message>
        <source>added a peer</source>
        <translation>hat eine Gegenstelle angelegt</translation>
    </message>
    <message>
        <source>added a user</source>
        <translation>hat einen Benutzer angelegt</translation>
    </message>
    <message>
        <source>administrator</source>
        <translation>Verwaltung</translation>
    </message>
    <message>
        <source>all of the image</source>
        <translation>ganzes Bild</translation>
    </message>
    <message>
        <source>always</source>
        <translation>immer</translation>
    </message>
    <message>
        <source>analysed</source>
        <translation>analysiert</translation>
    </message>
    <message>
        <source>analysed, not delivered yet</source>
        <translation>analysiert, noch nicht zugestellt</translation>
    </message>
    <message>
        <source>analysed, not yet reported</source>
        <translation>analysiert, noch nicht berichtet</translation>
    </message>
    <message>
        <source>analysing</source>
        <translation>wird analysiert</translation>
    </message>
    <message>
        <source>angle</source>
        <translation>Winkel</translation>
    </message>
    <message>
        <source>any</source>
        <translation>beliebig</translation>
    </message>
    <message>
        <source>any state</source>
        <translation>jeder Zustand</translation>
    </message>
    <message>
        <source>any study date</source>
        <translation>jedes Untersuchungsdatum</translation>
    </message>
    <message>
        <source>arrived</source>
        <translation>angekommen</translation>
    </message>
    <message>
        <source>arriving</source>
        <translation>trifft ein</translation>
    </message>
    <message>
        <source>ask the rule earlier</source>
        <translation>die Regel früher fragen</translation>
    </message>
    <message>
        <source>ask the rule later</source>
        <translation>die Regel später fragen</translation>
    </message>
    <message>
        <source>asked for a retrieval</source>
        <translation>hat einen Abruf verlangt</translation>
    </message>
    <message>
        <source>at least {count} different characters</source>
        <translation>mindestens {count} verschiedene Zeichen</translation>
    </message>
    <message>
        <source>axial</source>
        <translation>axial</translation>
    </message>
    <message>
        <source>being analysed</source>
        <translation>werden analysiert</translation>
    </message>
    <message>
        <source>between two dates</source>
        <translation>zwischen zwei Tagen</translation>
    </message>
    <message>
        <source>bone</source>
        <translation>Knochen</translation>
    </message>
    <message>
        <source>bone window</source>
        <translation>Knochenfenster</translation>
    </message>
    <message>
        <source>both see one, at different levels</source>
        <translation>beide sehen eine, an verschiedenen Wirbeln</translation>
    </message>
    <message>
        <source>box</source>
        <translation>Rahmen</translation>
    </message>
    <message>
        <source>boxes of findings</source>
        <translation>Rahmen der Befunde</translation>
    </message>
    <message>
        <source>boxes off</source>
        <translation>Rahmen aus</translation>
    </message>
    <message>
        <source>boxes on</source>
        <translation>Rahmen ein</translation>
    </message>
    <message>
        <source>by whom</source>
        <translation>von wem</translation>
    </message>
    <message>
        <source>called as</source>
        <translation>gerufen als</translation>
    </message>
    <message>
        <source>can be used</source>
        <translation>verwendbar</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>cancelled a retrieval</source>
        <translation>hat einen Abruf abgebrochen</translation>
    </message>
    <message>
        <source>change the setting</source>
        <translation>die Einstellung ändern</translation>
    </message>
    <message>
        <source>change the user</source>
        <translation>den Benutzer ändern</translation>
    </message>
    <message>
        <source>changed a password</source>
        <translation>hat ein Passwort geändert</translation>
    </message>
    <message>
        <source>changed a peer</source>
        <translation>hat eine Gegenstelle geändert</translation>
    </message>
    <message>
        <source>changed a setting</source>
        <translation>hat eine Einstellung geändert</translation>
    </message>
    <message>
        <source>changed a user</source>
        <translation>hat einen Benutzer geändert</translation>
    </message>
    <message>
        <source>changed while it ran</source>
        <translation>im Betrieb geändert</translation>
    </message>
    <message>
        <source>choose at least one piece</source>
        <translation>wählen Sie mindestens ein Teil</translation>
    </message>
    <message>
        <source>chose a shadow model</source>
        <translation>hat ein Schattenmodell gewählt</translation>
    </message>
    <message>
        <source>cine</source>
        <translation>Cine</translation>
    </message>
    <message>
        <source>close this window</source>
        <translation>dieses Fenster schließen</translation>
    </message>
    <message>
        <source>commitment</source>
        <translation>Commitment</translation>
    </message>
    <message>
        <source>complete</source>
        <translation>vollständig</translation>
    </message>
    <message>
        <source>coronal</source>
        <translation>koronal</translation>
    </message>
    <message>
        <source>crosshair</source>
        <translation>Fadenkreuz</translation>
    </message>
    <message>
        <source>crosshair off</source>
        <translation>Fadenkreuz aus</translation>
    </message>
    <message>
        <source>crosshair on</source>
        <translation>Fadenkreuz ein</translation>
    </message>
    <message>
        <source>crosshair, or the tool in hand</source>
        <translation>Fadenkreuz, oder das Werkzeug in der Hand</translation>
    </message>
    <message>
        <source>cspine console</source>
        <translation>cspine-Konsole</translation>
    </message>
    <message>
        <source>cspine – research use only</source>
        <translation>cspine – nur für Forschung</translation>
    </message>
    <message>
        <source>cspine-node</source>
        <translation>cspine-node</translation>
    </message>
    <message>
        <source>days</source>
        <translation>Tage</translation>
    </message>
    <message>
        <source>delete the series</source>
        <translation>die Serie löschen</translation>
    </message>
    <message>
        <source>deleted a series</source>
        <translation>hat eine Serie gelöscht</translation>
    </message>
    <message>
        <source>delivered</source>
        <translation>zugestellt</translation>
    </message>
    <message>
        <source>deliveries</source>
        <translation>Zustellungen</translation>
    </message>
    <message>
        <source>disabled a user</source>
        <translation>hat einen Benutzer gesperrt</translation>
    </message>
    <message>
        <source>double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>draw a finding that the machine missed</source>
        <translation>von der KI übersehenen Befund einzeichnen</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>leer</translation>
    </message>
    <message>
        <source>enabled a user</source>
        <translation>hat einen Benutzer freigegeben</translation>
    </message>
    <message>
        <source>ended a session</source>
        <translation>hat eine Sitzung beendet</translation>
    </message>
    <message>
        <source>ended on {day}</source>
        <translation>abgelaufen am {day}</translation>
    </message>
    <message>
        <source>everything</source>
        <translation>alles</translation>
    </message>
    <message>
        <source>exported a series</source>
        <translation>hat eine Serie ausgeleitet</translation>
    </message>
    <message>
        <source>exported for ONNX Runtime</source>
        <translation>für ONNX Runtime ausgeleitet</translation>
    </message>
    <message>
        <source>exported results</source>
        <translation>hat Ergebnisse ausgeleitet</translation>
    </message>
    <message>
        <source>exported tables</source>
        <translation>hat Tabellen ausgeleitet</translation>
    </message>
    <message>
        <source>exported the trail</source>
        <translation>hat das Protokoll ausgeleitet</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>gescheitert</translation>
    </message>
    <message>
        <source>fails</source>
        <translation>scheitert</translation>
    </message>
    <message>
        <source>fetch what is selected</source>
        <translation>das Gewählte abrufen</translation>
    </message>
    <message>
        <source>fetched images</source>
        <translation>hat Bilder abgerufen</translation>
    </message>
    <message>
        <source>filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>filter by what it is about</source>
        <translation>danach filtern, worum es geht</translation>
    </message>
    <message>
        <source>find a key or a value</source>
        <translation>Schlüssel oder Wert finden</translation>
    </message>
    <message>
        <source>finding</source>
        <translation>Befund</translation>
    </message>
    <message>
        <source>first slice</source>
        <translation>erste Schicht</translation>
    </message>
    <message>
        <source>fracture</source>
        <translation>Fraktur</translation>
    </message>
    <message>
        <source>from anywhere</source>
        <translation>von überall</translation>
    </message>
    <message>
        <source>from here</source>
        <translation>ab hier</translation>
    </message>
    <message>
        <source>from {aet}</source>
        <translation>von {aet}</translation>
    </message>
    <message>
        <source>from {source}</source>
        <translation>von {source}</translation>
    </message>
    <message>
        <source>gave a series back</source>
        <translation>hat eine Serie zurückgegeben</translation>
    </message>
    <message>
        <source>gets results</source>
        <translation>erhält Ergebnisse</translation>
    </message>
    <message>
        <source>go on</source>
        <translation>weiter</translation>
    </message>
    <message>
        <source>greys as they are</source>
        <translation>Grauwerte, wie sie sind</translation>
    </message>
    <message>
        <source>greys inverted</source>
        <translation>Grauwerte umgekehrt</translation>
    </message>
    <message>
        <source>had an object sent again</source>
        <translation>hat ein Objekt noch einmal senden lassen</translation>
    </message>
    <message>
        <source>heat map</source>
        <translation>Heatmap</translation>
    </message>
    <message>
        <source>heat map off</source>
        <translation>Heatmap aus</translation>
    </message>
    <message>
        <source>heat map on</source>
        <translation>Heatmap ein</translation>
    </message>
    <message>
        <source>heat map {percent:.0f} %</source>
        <translation>Heatmap {percent:.0f} %</translation>
    </message>
    <message>
        <source>high</source>
        <translation>hoch</translation>
    </message>
    <message>
        <source>hold back</source>
        <translation>zurückhalten</translation>
    </message>
    <message>
        <source>id {id}</source>
        <translation>Kennung {id}</translation>
    </message>
    <message>
        <source>im {n}/{count}</source>
        <translation>Bild {n}/{count}</translation>
    </message>
    <message>
        <source>images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>images, {plane}</source>
        <translation>Bilder, {plane}</translation>
    </message>
    <message>
        <source>in part</source>
        <translation>teilweise</translation>
    </message>
    <message>
        <source>intact: {levels}</source>
        <translation>intakt: {levels}</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>invert greys</source>
        <translation>Grauwerte umkehren</translation>
    </message>
    <message>
        <source>inverted</source>
        <translation>umgekehrt</translation>
    </message>
    <message>
        <source>it cannot be read: {why}</source>
        <translation>nicht lesbar: {why}</translation>
    </message>
    <message>
        <source>it is empty</source>
        <translation>leer</translation>
    </message>
    <message>
        <source>it was cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>its record does not say</source>
        <translation>seine Akte sagt es nicht</translation>
    </message>
    <message>
        <source>key image</source>
        <translation>Schlüsselbild</translation>
    </message>
    <message>
        <source>key object selection</source>
        <translation>Schlüsselbild-Auswahl</translation>
    </message>
    <message>
        <source>key objects</source>
        <translation>Schlüsselobjekte</translation>
    </message>
    <message>
        <source>last slice</source>
        <translation>letzte Schicht</translation>
    </message>
    <message>
        <source>left button</source>
        <translation>linke Taste</translation>
    </message>
    <message>
        <source>level?</source>
        <translation>Wirbel?</translation>
    </message>
    <message>
        <source>looked at a series</source>
        <translation>hat eine Serie angesehen</translation>
    </message>
    <message>
        <source>lung</source>
        <translation>Lunge</translation>
    </message>
    <message>
        <source>lung window</source>
        <translation>Lungenfenster</translation>
    </message>
    <message>
        <source>made the first administrator</source>
        <translation>hat die erste Verwaltung angelegt</translation>
    </message>
    <message>
        <source>make the caller a peer</source>
        <translation>den Aufrufer zur Gegenstelle machen</translation>
    </message>
    <message>
        <source>middle drag</source>
        <translation>mittlere Taste ziehen</translation>
    </message>
    <message>
        <source>missed by the machine, at level</source>
        <translation>von der KI übersehen, an Wirbel</translation>
    </message>
    <message>
        <source>models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>most urgent first</source>
        <translation>Dringendste zuerst</translation>
    </message>
    <message>
        <source>move</source>
        <translation>bewegen</translation>
    </message>
    <message>
        <source>move, open</source>
        <translation>bewegen, öffnen</translation>
    </message>
    <message>
        <source>moved a route</source>
        <translation>hat eine Route verschoben</translation>
    </message>
    <message>
        <source>n/a</source>
        <translation>k. A.</translation>
    </message>
    <message>
        <source>names of levels</source>
        <translation>Namen der Wirbel</translation>
    </message>
    <message>
        <source>names of levels off</source>
        <translation>Namen der Wirbel aus</translation>
    </message>
    <message>
        <source>names of levels on</source>
        <translation>Namen der Wirbel ein</translation>
    </message>
    <message>
        <source>new rule</source>
        <translation>neue Regel</translation>
    </message>
    <message>
        <source>newest first</source>
        <translation>Neueste zuerst</translation>
    </message>
    <message>
        <source>newest series</source>
        <translation>neuesten Serien</translation>
    </message>
    <message>
        <source>next finding</source>
        <translation>nächster Befund</translation>
    </message>
    <message>
        <source>next finding of the machine</source>
        <translation>nächster Befund der KI</translation>
    </message>
    <message>
        <source>next page</source>
        <translation>nächste Seite</translation>
    </message>
    <message>
        <source>next slice</source>
        <translation>nächste Schicht</translation>
    </message>
    <message>
        <source>next unread study, without signing</source>
        <translation>nächste unbefundete, ohne zu signieren</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>no finding</source>
        <translation>kein Befund</translation>
    </message>
    <message>
        <source>no fracture</source>
        <translation>keine Fraktur</translation>
    </message>
    <message>
        <source>no fracture seen</source>
        <translation>keine Fraktur gesehen</translation>
    </message>
    <message>
        <source>no numbers yet</source>
        <translation>noch keine Werte</translation>
    </message>
    <message>
        <source>no reason was given.</source>
        <translation>Es wurde kein Grund genannt.</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemand</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>none is loaded yet</source>
        <translation>noch keines geladen</translation>
    </message>
    <message>
        <source>not analysed</source>
        <translation>nicht analysiert</translation>
    </message>
    <message>
        <source>not assessed</source>
        <translation>nicht beurteilt</translation>
    </message>
    <message>
        <source>not made of the user's name</source>
        <translation>nicht aus dem Namen des Benutzers gebildet</translation>
    </message>
    <message>
        <source>not recognised</source>
        <translation>nicht erkannt</translation>
    </message>
    <message>
        <source>not sent</source>
        <translation>nicht gesendet</translation>
    </message>
    <message>
        <source>not started yet</source>
        <translation>noch nicht gestartet</translation>
    </message>
    <message>
        <source>not tested yet</source>
        <translation>noch nicht getestet</translation>
    </message>
    <message>
        <source>not tried</source>
        <translation>nicht versucht</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>nicht in Gebrauch</translation>
    </message>
    <message>
        <source>not yet read</source>
        <translation>noch nicht befundet</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>nothing said</source>
        <translation>nichts gesagt</translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation>noch nichts</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message numerus="yes">
        <source>of the last %n days</source>
        <translation>
            <numerusform>des letzten Tages</numerusform>
            <numerusform>der letzten %n Tage</numerusform>
        </translation>
    </message>
    <message>
        <source>of the last 30 days</source>
        <translation>der letzten 30 Tage</translation>
    </message>
    <message>
        <source>of the last 7 days</source>
        <translation>der letzten 7 Tage</translation>
    </message>
    <message>
        <source>oldest first</source>
        <translation>Älteste zuerst</translation>
    </message>
    <message>
        <source>one pane large, and back</source>
        <translation>eine Ebene groß, und zurück</translation>
    </message>
    <message>
        <source>only differences</source>
        <translation>nur Unterschiede</translation>
    </message>
    <message>
        <source>only the active one sees a fracture</source>
        <translation>nur das aktive sieht eine Fraktur</translation>
    </message>
    <message>
        <source>only the shadow sees a fracture</source>
        <translation>nur der Schatten sieht eine Fraktur</translation>
    </message>
    <message>
        <source>opacity of the heat map</source>
        <translation>Deckkraft der Heatmap</translation>
    </message>
    <message>
        <source>open</source>
        <translation>öffnen</translation>
    </message>
    <message>
        <source>outside the images</source>
        <translation>außerhalb der Bilder</translation>
    </message>
    <message>
        <source>pan</source>
        <translation>verschieben</translation>
    </message>
    <message>
        <source>parked</source>
        <translation>zurückgestellt</translation>
    </message>
    <message>
        <source>parked a delivery</source>
        <translation>hat eine Zustellung zurückgestellt</translation>
    </message>
    <message>
        <source>partly seen</source>
        <translation>teils gesehen</translation>
    </message>
    <message>
        <source>peers</source>
        <translation>Gegenstellen</translation>
    </message>
    <message>
        <source>pending</source>
        <translation>ausstehend</translation>
    </message>
    <message>
        <source>presentation state</source>
        <translation>Presentation State</translation>
    </message>
    <message>
        <source>previous finding</source>
        <translation>voriger Befund</translation>
    </message>
    <message>
        <source>previous page</source>
        <translation>vorige Seite</translation>
    </message>
    <message>
        <source>previous slice</source>
        <translation>vorige Schicht</translation>
    </message>
    <message>
        <source>program</source>
        <translation>Dienst</translation>
    </message>
    <message>
        <source>put the tool away</source>
        <translation>das Werkzeug weglegen</translation>
    </message>
    <message>
        <source>queued</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>radiologist</source>
        <translation>Radiologie</translation>
    </message>
    <message>
        <source>read</source>
        <translation>befundet</translation>
    </message>
    <message>
        <source>read anew</source>
        <translation>neu lesen</translation>
    </message>
    <message>
        <source>read or not</source>
        <translation>befundet oder nicht</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>abgewiesen</translation>
    </message>
    <message>
        <source>reject the finding</source>
        <translation>Befund verwerfen</translation>
    </message>
    <message>
        <source>remove the box in hand, or else the last measurement</source>
        <translation>Rahmen in der Hand oder letzte Messung entfernen</translation>
    </message>
    <message>
        <source>remove the peer</source>
        <translation>Gegenstelle entfernen</translation>
    </message>
    <message>
        <source>remove the rule</source>
        <translation>die Regel entfernen</translation>
    </message>
    <message>
        <source>removed a peer</source>
        <translation>hat eine Gegenstelle entfernt</translation>
    </message>
    <message>
        <source>removed a route</source>
        <translation>hat eine Route entfernt</translation>
    </message>
    <message>
        <source>report</source>
        <translation>Bericht</translation>
    </message>
    <message>
        <source>reported</source>
        <translation>berichtet</translation>
    </message>
    <message>
        <source>research use only</source>
        <translation>nur für Forschung</translation>
    </message>
    <message>
        <source>resumed a delivery</source>
        <translation>hat eine Zustellung wieder aufgenommen</translation>
    </message>
    <message>
        <source>retrievals</source>
        <translation>Abrufe</translation>
    </message>
    <message>
        <source>right drag</source>
        <translation>rechte Taste ziehen</translation>
    </message>
    <message>
        <source>routes</source>
        <translation>Routen</translation>
    </message>
    <message>
        <source>routine</source>
        <translation>Routine</translation>
    </message>
    <message>
        <source>ruler</source>
        <translation>Lineal</translation>
    </message>
    <message>
        <source>s</source>
        <translation>s</translation>
    </message>
    <message>
        <source>sagittal</source>
        <translation>sagittal</translation>
    </message>
    <message>
        <source>save this view</source>
        <translation>diese Ansicht speichern</translation>
    </message>
    <message>
        <source>saved a route</source>
        <translation>hat eine Route gespeichert</translation>
    </message>
    <message>
        <source>search</source>
        <translation>suchen</translation>
    </message>
    <message>
        <source>search a PACS</source>
        <translation>ein PACS durchsuchen</translation>
    </message>
    <message>
        <source>searched at a PACS</source>
        <translation>hat in einem PACS gesucht</translation>
    </message>
    <message>
        <source>searches at a PACS</source>
        <translation>Suchen in einem PACS</translation>
    </message>
    <message>
        <source>seen in part</source>
        <translation>teils gesehen</translation>
    </message>
    <message>
        <source>sender</source>
        <translation>Sender</translation>
    </message>
    <message>
        <source>sends</source>
        <translation>sendet</translation>
    </message>
    <message>
        <source>sent</source>
        <translation>gesendet</translation>
    </message>
    <message>
        <source>series</source>
        <translation>Serien</translation>
    </message>
    <message>
        <source>series {number}</source>
        <translation>Serie {number}</translation>
    </message>
    <message>
        <source>settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>shadow</source>
        <translation>Schattenbetrieb</translation>
    </message>
    <message>
        <source>show what is new</source>
        <translation>Neues zeigen</translation>
    </message>
    <message>
        <source>sign, and open the next unread study</source>
        <translation>signieren und die nächste unbefundete öffnen</translation>
    </message>
    <message>
        <source>signed a verdict</source>
        <translation>hat eine Beurteilung signiert</translation>
    </message>
    <message>
        <source>signed in</source>
        <translation>hat sich angemeldet</translation>
    </message>
    <message>
        <source>signed out</source>
        <translation>hat sich abgemeldet</translation>
    </message>
    <message>
        <source>signing in</source>
        <translation>Anmeldungen</translation>
    </message>
    <message>
        <source>since yesterday</source>
        <translation>seit gestern</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>übergangen</translation>
    </message>
    <message>
        <source>slice {n} · {place}</source>
        <translation>Schicht {n} · {place}</translation>
    </message>
    <message>
        <source>slices</source>
        <translation>Schichten</translation>
    </message>
    <message>
        <source>soft tissue</source>
        <translation>Weichteil</translation>
    </message>
    <message>
        <source>soft tissue window</source>
        <translation>Weichteilfenster</translation>
    </message>
    <message>
        <source>starts and stops</source>
        <translation>Start und Ende</translation>
    </message>
    <message>
        <source>stat</source>
        <translation>Notfall</translation>
    </message>
    <message>
        <source>station</source>
        <translation>Station</translation>
    </message>
    <message>
        <source>stop</source>
        <translation>anhalten</translation>
    </message>
    <message>
        <source>stored</source>
        <translation>gespeichert</translation>
    </message>
    <message>
        <source>stored a series</source>
        <translation>hat eine Serie gespeichert</translation>
    </message>
    <message>
        <source>studies of today</source>
        <translation>heutige Untersuchungen</translation>
    </message>
    <message>
        <source>study</source>
        <translation>Untersuchung</translation>
    </message>
    <message>
        <source>study from {date}</source>
        <translation>untersucht ab {date}</translation>
    </message>
    <message>
        <source>study until {date}</source>
        <translation>untersucht bis {date}</translation>
    </message>
    <message>
        <source>summary page</source>
        <translation>Übersichtsseite</translation>
    </message>
    <message>
        <source>superseded</source>
        <translation>abgelöst</translation>
    </message>
    <message>
        <source>superseded by a newer reading</source>
        <translation>von einer neueren Auswertung abgelöst</translation>
    </message>
    <message>
        <source>take back what was drawn</source>
        <translation>Eingezeichnetes zurücknehmen</translation>
    </message>
    <message>
        <source>taken by a reader</source>
        <translation>von jemandem übernommen</translation>
    </message>
    <message>
        <source>taken by nobody</source>
        <translation>von niemandem übernommen</translation>
    </message>
    <message>
        <source>taken by {name}</source>
        <translation>von {name} übernommen</translation>
    </message>
    <message>
        <source>taken or not</source>
        <translation>übernommen oder nicht</translation>
    </message>
    <message>
        <source>taken, not committed to yet</source>
        <translation>angenommen, noch ohne Zusage</translation>
    </message>
    <message>
        <source>ten slices back</source>
        <translation>zehn Schichten zurück</translation>
    </message>
    <message>
        <source>ten slices on</source>
        <translation>zehn Schichten weiter</translation>
    </message>
    <message>
        <source>test the way to the peer</source>
        <translation>den Weg zur Gegenstelle testen</translation>
    </message>
    <message>
        <source>the box in hand begins at this slice</source>
        <translation>Rahmen in der Hand ab dieser Schicht</translation>
    </message>
    <message>
        <source>the box in hand ends at this slice</source>
        <translation>Rahmen in der Hand bis zu dieser Schicht</translation>
    </message>
    <message>
        <source>the configuration file</source>
        <translation>die Konfigurationsdatei</translation>
    </message>
    <message>
        <source>the environment</source>
        <translation>die Umgebung</translation>
    </message>
    <message numerus="yes">
        <source>the last %n days</source>
        <translation>
            <numerusform>der letzte Tag</numerusform>
            <numerusform>die letzten %n Tage</numerusform>
        </translation>
    </message>
    <message>
        <source>the node started</source>
        <translation>der Knoten startete</translation>
    </message>
    <message>
        <source>the node stopped</source>
        <translation>der Knoten endete</translation>
    </message>
    <message>
        <source>the program's own</source>
        <translation>der Vorgabe des Programms</translation>
    </message>
    <message>
        <source>the same</source>
        <translation>dasselbe</translation>
    </message>
    <message>
        <source>the trail itself</source>
        <translation>das Protokoll selbst</translation>
    </message>
    <message>
        <source>the whole</source>
        <translation>alles</translation>
    </message>
    <message>
        <source>these keys</source>
        <translation>diese Tasten</translation>
    </message>
    <message>
        <source>this one</source>
        <translation>diese</translation>
    </message>
    <message>
        <source>to C1 … C7</source>
        <translation>zu C1 … C7</translation>
    </message>
    <message>
        <source>to here</source>
        <translation>bis hier</translation>
    </message>
    <message>
        <source>to the list</source>
        <translation>zur Liste</translation>
    </message>
    <message>
        <source>took a series</source>
        <translation>hat eine Serie übernommen</translation>
    </message>
    <message>
        <source>took a series out of the queue</source>
        <translation>hat eine Serie aus der Warteschlange genommen</translation>
    </message>
    <message>
        <source>tried a series again</source>
        <translation>hat eine Serie noch einmal versucht</translation>
    </message>
    <message>
        <source>try again</source>
        <translation>noch einmal versuchen</translation>
    </message>
    <message>
        <source>under way</source>
        <translation>unterwegs</translation>
    </message>
    <message>
        <source>undid a change</source>
        <translation>hat eine Änderung rückgängig gemacht</translation>
    </message>
    <message>
        <source>undo the change</source>
        <translation>die Änderung rückgängig machen</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>unsure</source>
        <translation>unsicher</translation>
    </message>
    <message>
        <source>unsure of the finding</source>
        <translation>beim Befund unsicher</translation>
    </message>
    <message>
        <source>until {day}, {left}</source>
        <translation>bis {day}, {left}</translation>
    </message>
    <message>
        <source>uploaded a series</source>
        <translation>hat eine Serie hochgeladen</translation>
    </message>
    <message>
        <source>users</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>verdict</source>
        <translation>Beurteilung</translation>
    </message>
    <message>
        <source>verdicts</source>
        <translation>Beurteilungen</translation>
    </message>
    <message>
        <source>verified report</source>
        <translation>beglaubigter Bericht</translation>
    </message>
    <message>
        <source>views and columns</source>
        <translation>Ansichten und Spalten</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>was not let in</source>
        <translation>wurde nicht eingelassen</translation>
    </message>
    <message>
        <source>weights for torch (safetensors)</source>
        <translation>Gewichte für torch (safetensors)</translation>
    </message>
    <message>
        <source>what was undone</source>
        <translation>was rückgängig gemacht wurde</translation>
    </message>
    <message>
        <source>wheel</source>
        <translation>Mausrad</translation>
    </message>
    <message>
        <source>window: right wider, down darker</source>
        <translation>Fenster: nach rechts weiter, nach unten dunkler</translation>
    </message>
    <message>
        <source>works</source>
        <translation>funktioniert</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>your saved views</source>
        <translation>Ihre gespeicherten Ansichten</translation>
    </message>
    <message>
        <source>zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>{agree} of {whole}</source>
        <translation>{agree} von {whole}</translation>
    </message>
    <message>
        <source>{condition} {values}</source>
        <translation>{condition} {values}</translation>
    </message>
    <message>
        <source>{count} more are parked: press again.</source>
        <translation>{count} weitere sind zurückgestellt: Drücken Sie noch einmal.</translation>
    </message>
    <message>
        <source>{device}, no GPU is used</source>
        <translation>{device}, keine GPU in Gebrauch</translation>
    </message>
    <message>
        <source>{done:.1f} of {total:.1f} MiB</source>
        <translation>{done:.1f} von {total:.1f} MiB</translation>
    </message>
    <message>
        <source>{done} of {images}</source>
        <translation>{done} von {images}</translation>
    </message>
    <message>
        <source>{field} is {before} again, not {after}.</source>
        <translation>{field} ist wieder {before}, nicht {after}.</translation>
    </message>
    <message>
        <source>{file} cannot be written: {reason}</source>
        <translation>{file} kann nicht geschrieben werden: {reason}</translation>
    </message>
    <message>
        <source>{file} is no certificate that can be used.</source>
        <translation>{file} ist kein brauchbares Zertifikat.</translation>
    </message>
    <message>
        <source>{first} It is also no peer yet.</source>
        <translation>{first} Außerdem ist es noch keine Gegenstelle.</translation>
    </message>
    <message>
        <source>{free} free of {total}</source>
        <translation>{free} von {total} frei</translation>
    </message>
    <message>
        <source>{h} h {min:02}</source>
        <translation>{h} h {min:02}</translation>
    </message>
    <message>
        <source>{images} of {series} stored; they are in the list.</source>
        <translation>{images} aus {series} gespeichert; sie sind in der Liste.</translation>
    </message>
    <message>
        <source>{key}, from: {source}</source>
        <translation>{key}, aus: {source}</translation>
    </message>
    <message>
        <source>{key}, now {value}. In force within two seconds, also after a restart.</source>
        <translation>{key}, jetzt {value}. In zwei Sekunden in Kraft, auch nach einem Neustart.</translation>
    </message>
    <message>
        <source>{least} to {most} characters</source>
        <translation>{least} bis {most} Zeichen</translation>
    </message>
    <message>
        <source>{level}  reader</source>
        <translation>{level}  Befunder</translation>
    </message>
    <message>
        <source>{level} accepted</source>
        <translation>{level} bestätigt</translation>
    </message>
    <message>
        <source>{level} accepted as {changed}</source>
        <translation>{level} bestätigt als {changed}</translation>
    </message>
    <message>
        <source>{level} added by the reader</source>
        <translation>{level} vom Befunder ergänzt</translation>
    </message>
    <message>
        <source>{level} cannot be intact and have a finding.</source>
        <translation>{level} kann nicht intakt sein und einen Befund haben.</translation>
    </message>
    <message>
        <source>{level} not assessed</source>
        <translation>{level} nicht beurteilt</translation>
    </message>
    <message>
        <source>{level} rejected</source>
        <translation>{level} verworfen</translation>
    </message>
    <message>
        <source>{level} unsure</source>
        <translation>{level} unsicher</translation>
    </message>
    <message>
        <source>{level} would have two findings. Tell of both in one.</source>
        <translation>{level} hätte zwei Befunde. Sagen Sie beides in einem.</translation>
    </message>
    <message>
        <source>{level}: fracture suspected, {number}</source>
        <translation>{level}: Frakturverdacht, {number}</translation>
    </message>
    <message>
        <source>{model} is chosen. It is loaded beside the old one first.</source>
        <translation>{model} ist gewählt. Es wird zuerst neben dem alten geladen.</translation>
    </message>
    <message>
        <source>{model} reads each series that the active model has read, when nothing else waits. No reader sees what it says, and nothing of it is sent; both are compared here. There must be memory for both models.

Trained on: {data}.

It is an entry of the audit trail, and can be undone there.</source>
        <translation>{model} liest jede Serie, die das aktive Modell gelesen hat, wenn sonst nichts wartet. Kein Befunder sieht, was es sagt, und nichts davon wird gesendet; beide werden hier verglichen. Der Speicher muss für beide Modelle reichen.

Trainiert mit: {data}.

Das wird ein Eintrag im Prüfprotokoll und kann dort rückgängig gemacht werden.</translation>
    </message>
    <message>
        <source>{model} reads in the shadow from now on.</source>
        <translation>{model} liest von jetzt an im Schatten.</translation>
    </message>
    <message>
        <source>{model} – research use only, not for diagnosis</source>
        <translation>{model} – nur für Forschung, nicht zur Diagnose</translation>
    </message>
    <message>
        <source>{name} can no longer sign in, and every session ends now. What {name} signed stays. It can be enabled again.</source>
        <translation>{name} kann sich nicht mehr anmelden, und jede Sitzung endet jetzt. Was {name} signiert hat, bleibt. Eine Freigabe ist später möglich.</translation>
    </message>
    <message>
        <source>{name} has another password, and is signed out everywhere.</source>
        <translation>{name} hat ein anderes Passwort und ist überall abgemeldet.</translation>
    </message>
    <message>
        <source>{name} has moved.</source>
        <translation>{name} ist verschoben.</translation>
    </message>
    <message>
        <source>{name} is added.</source>
        <translation>{name} ist angelegt.</translation>
    </message>
    <message>
        <source>{name} is changed.</source>
        <translation>{name} ist geändert.</translation>
    </message>
    <message>
        <source>{name} is disabled.</source>
        <translation>{name} ist gesperrt.</translation>
    </message>
    <message>
        <source>{name} is in force.</source>
        <translation>{name} ist in Kraft.</translation>
    </message>
    <message>
        <source>{name} is off: it is as if it were not.</source>
        <translation>{name} ist aus: als gäbe es sie nicht.</translation>
    </message>
    <message>
        <source>{name} is removed.</source>
        <translation>{name} ist entfernt.</translation>
    </message>
    <message>
        <source>{name} is saved, and counts at once. Test the way to it below.</source>
        <translation>{name} ist gespeichert und gilt sofort. Testen Sie unten den Weg dorthin.</translation>
    </message>
    <message>
        <source>{name} is saved.</source>
        <translation>{name} ist gespeichert.</translation>
    </message>
    <message>
        <source>{name} may sign in again.</source>
        <translation>{name} darf sich wieder anmelden.</translation>
    </message>
    <message>
        <source>{name} was changed by someone else meanwhile. Close this, and look again.</source>
        <translation>{name} wurde inzwischen von jemand anderem geändert. Schließen Sie das, und sehen Sie noch einmal nach.</translation>
    </message>
    <message>
        <source>{name} was changed by someone else meanwhile. Close this, and look at it again.</source>
        <translation>{name} wurde inzwischen von jemand anderem geändert. Schließen Sie das, und sehen Sie noch einmal nach.</translation>
    </message>
    <message>
        <source>{n} cannot be shown</source>
        <translation>{n} nicht darstellbar</translation>
    </message>
    <message>
        <source>{n} critical</source>
        <translation>{n} dringend</translation>
    </message>
    <message>
        <source>{n} d</source>
        <translation>{n} d</translation>
    </message>
    <message>
        <source>{n} min</source>
        <translation>{n} min</translation>
    </message>
    <message>
        <source>{n} not sent.</source>
        <translation>{n} nicht gesendet.</translation>
    </message>
    <message>
        <source>{n} of {count} images</source>
        <translation>{n} von {count} Bildern</translation>
    </message>
    <message>
        <source>{n} refused.</source>
        <translation>{n} abgewiesen.</translation>
    </message>
    <message>
        <source>{n} since the node started</source>
        <translation>{n} seit dem Start des Knotens</translation>
    </message>
    <message>
        <source>{n} skipped.</source>
        <translation>{n} übergangen.</translation>
    </message>
    <message>
        <source>{n} unread</source>
        <translation>{n} unbefundet</translation>
    </message>
    <message>
        <source>{outcome} (shadow)</source>
        <translation>{outcome} (Schatten)</translation>
    </message>
    <message>
        <source>{patient}, accession number {accession}: {images} with all that was made of them, results and verdicts. This cannot be undone.</source>
        <translation>{patient}, Accession-Nummer {accession}: {images} mit allem, was daraus gemacht wurde, Ergebnisse und Beurteilungen. Das kann nicht rückgängig gemacht werden.</translation>
    </message>
    <message>
        <source>{patient}: it is tried again.</source>
        <translation>{patient}: wird noch einmal versucht.</translation>
    </message>
    <message>
        <source>{patient}: taken out. It is shown as failed until a retry.</source>
        <translation>{patient}: herausgenommen. Erscheint als gescheitert, bis zu einem neuen Versuch.</translation>
    </message>
    <message>
        <source>{peer} ({objects})</source>
        <translation>{peer} ({objects})</translation>
    </message>
    <message>
        <source>{peer} does not take what is sent: {problem}. It is tried again by itself, next at {time}; the oldest object has waited for {age}. The page of peers can test which step fails.</source>
        <translation>{peer} nimmt nicht an, was gesendet wird: {problem}. Es wird von selbst wieder versucht, das nächste Mal um {time}; das älteste Objekt wartet seit {age}. Die Seite der Gegenstellen kann testen, welcher Schritt scheitert.</translation>
    </message>
    <message>
        <source>{peer} has everything that was made for it.</source>
        <translation>{peer} hat alles, was dafür erstellt wurde.</translation>
    </message>
    <message>
        <source>{peer}: {pieces}</source>
        <translation>{peer}: {pieces}</translation>
    </message>
    <message>
        <source>{pieces} to {peers}</source>
        <translation>{pieces} an {peers}</translation>
    </message>
    <message>
        <source>{piece}, number {number}, goes to {peer} once more: the same object under the same UID. A peer that has it already keeps one of them or refuses the second.</source>
        <translation>{piece}, Nummer {number}, geht noch einmal an {peer}: dasselbe Objekt unter derselben UID. Eine Gegenstelle, die es schon hat, behält eines davon oder weist das zweite ab.</translation>
    </message>
    <message>
        <source>{pixels} × {pixels} pixels over {field} mm, a slice each {spacing} mm, {channels} channels</source>
        <translation>{pixels} × {pixels} Pixel auf {field} mm, alle {spacing} mm eine Schicht, {channels} Kanäle</translation>
    </message>
    <message>
        <source>{problem} This is as of {time}.</source>
        <translation>{problem} Stand: {time}.</translation>
    </message>
    <message>
        <source>{problem} Trying again …</source>
        <translation>{problem} Neuer Versuch läuft …</translation>
    </message>
    <message>
        <source>{problem} Trying again … This is as of {time}.</source>
        <translation>{problem} Neuer Versuch läuft … Stand: {time}.</translation>
    </message>
    <message>
        <source>{readings} {differences}</source>
        <translation>{readings} {differences}</translation>
    </message>
    <message>
        <source>{said}; its place is not known</source>
        <translation>{said}; seine Lage ist nicht bekannt</translation>
    </message>
    <message>
        <source>{series}, of which {whole} can be compared.</source>
        <translation>{series}, davon {whole} vergleichbar.</translation>
    </message>
    <message>
        <source>{size} GiB</source>
        <translation>{size} GiB</translation>
    </message>
    <message>
        <source>{size} MiB</source>
        <translation>{size} MiB</translation>
    </message>
    <message>
        <source>{so_many} deleted within minutes, with images, results and verdicts. That cannot be brought back, not by undoing the setting either. From then on each series goes once it ended and was delivered {days} days ago. What never reached a peer is kept.</source>
        <translation>{so_many} in wenigen Minuten gelöscht, mit Bildern, Ergebnissen und Beurteilungen. Das kann nicht zurückgeholt werden, auch nicht durch Zurücknehmen der Einstellung. Von da an wird jede Serie gelöscht, wenn sie vor {days} Tagen endete und zugestellt wurde. Was nie bei einer Gegenstelle ankam, wird behalten.</translation>
    </message>
    <message>
        <source>{so_many}, oldest {age}</source>
        <translation>{so_many}, älteste {age}</translation>
    </message>
    <message>
        <source>{study}: {state}. {text}</source>
        <translation>{study}: {state}. {text}</translation>
    </message>
    <message>
        <source>{text} is no day: write it as 2026-01-31.</source>
        <translation>{text} ist kein Tag: Schreiben Sie ihn als 2026-01-31.</translation>
    </message>
    <message>
        <source>{thing} is not there then, as before.</source>
        <translation>{thing} ist dann nicht da, wie zuvor.</translation>
    </message>
    <message>
        <source>{thing} is there again, as it was.</source>
        <translation>{thing} ist wieder da, wie es war.</translation>
    </message>
    <message>
        <source>{title} (the node made it for itself)</source>
        <translation>{title} (vom Knoten selbst erstellt)</translation>
    </message>
    <message>
        <source>{title} ({key}) is {value} again, as file and environment say.</source>
        <translation>{title} ({key}) ist wieder {value}, wie Datei und Umgebung sagen.</translation>
    </message>
    <message>
        <source>{tool}: click or drag; Esc puts it away</source>
        <translation>{tool}: klicken oder ziehen; Esc legt es weg</translation>
    </message>
    <message>
        <source>{url} shows another certificate than the one you trusted, so nothing was sent. It was renewed, or somebody stands between. Now it has the fingerprint
{fingerprint}
Ask whoever looks after the node; if that is right, start the console once with --forget-certificate.</source>
        <translation>{url} zeigt ein anderes Zertifikat als das, dem Sie vertraut haben; daher wurde nichts gesendet. Es wurde erneuert, oder jemand steht dazwischen. Jetzt hat es den Fingerabdruck
{fingerprint}
Fragen Sie, wer den Knoten betreut; ist das richtig, starten Sie die Konsole einmal mit --forget-certificate.</translation>
    </message>
    <message>
        <source>{verdicts}: the active model agrees with {active}, the shadow with {shadow}. Mind that the reader saw the active model's reading, and never the shadow's.</source>
        <translation>{verdicts}: Das aktive Modell stimmt mit {active} überein, der Schatten mit {shadow}. Bedenken Sie, dass der Befunder die Auswertung des aktiven Modells sah und nie die des Schattens.</translation>
    </message>
    <message>
        <source>{who} {did} ({thing}) at {time}.

{change}

The undoing is an entry of its own, and can be undone too.</source>
        <translation>{who} {did} ({thing}) um {time}.

{change}

Das Rückgängigmachen ist ein eigener Eintrag und kann ebenfalls rückgängig gemacht werden.</translation>
    </message>
    <message>
        <source>{who} {did}: {thing}</source>
        <translation>{who} {did}: {thing}</translation>
    </message>
    <message>
        <source>{why} Radiologists, administrators and services may read the worklist.</source>
        <translation>{why} Die Arbeitsliste ist für Radiologie, Verwaltung und Dienste.</translation>
    </message>
    <message>
        <source>{why} Trying again …</source>
        <translation>{why} Neuer Versuch läuft …</translation>
    </message>
    <message>
        <source>{why} Trying again … This is as of {time}.</source>
        <translation>{why} Neuer Versuch läuft … Stand: {time}.</translation>
    </message>
    <message>
        <source>{why} What is here can be read. Trying again …</source>
        <translation>{why} Was hier ist, kann gelesen werden. Neuer Versuch läuft …</translation>
    </message>
    <message>
        <source>– is not there any more</source>
        <translation>– ist nicht mehr da</translation>
    </message>
    <message>
        <source>– not here</source>
        <translation>– nicht hier</translation>
    </message>
    <message>
        <source>– off</source>
        <translation>– aus</translation>
    </message>
    <message>
        <source>– was not there</source>
        <translation>– war nicht da</translation>
    </message>
    <message>
        <source>“No fracture” contradicts what is said of {level}.</source>
        <translation>„Keine Fraktur“ widerspricht dem, was zu {level} gesagt ist.</translation>
    </message>
    <message>
        <source>“{title}” is changed. It stands in the audit trail, and can be undone there.</source>
        <translation>„{title}“ ist geändert. Es steht im Prüfprotokoll und kann dort rückgängig gemacht werden.</translation>
    </message>
    <message numerus="yes">
        <source>… %n not committed to yet</source>
        <translation>
            <numerusform>… %n noch nicht zugesagt</numerusform>
            <numerusform>… %n noch nicht zugesagt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>… %n objects on their way</source>
        <translation>
            <numerusform>… %n Objekt unterwegs</numerusform>
            <numerusform>… %n Objekte unterwegs</numerusform>
        </translation>
    </message>
    <message>
        <source>… Chosen to read, but not loaded. That lasts a moment, or until the inference process starts. If it stays so, the file is damaged: the node's log says why, and the old model goes on.</source>
        <translation>… Zum Lesen gewählt, aber nicht geladen. Das dauert einen Moment, oder bis der Inferenzprozess startet. Bleibt es so, ist die Datei beschädigt: Das Protokoll des Knotens sagt, warum, und das alte Modell liest weiter.</translation>
    </message>
    <message>
        <source>… Still loaded: it reads until the chosen model has taken over.</source>
        <translation>… Noch geladen: Es liest, bis das gewählte Modell übernommen hat.</translation>
    </message>
    <message>
        <source>… chosen, not loaded</source>
        <translation>… gewählt, nicht geladen</translation>
    </message>
    <message>
        <source>… connecting</source>
        <translation>… Verbindung wird aufgebaut</translation>
    </message>
    <message>
        <source>… must change the password</source>
        <translation>… muss das Passwort ändern</translation>
    </message>
    <message>
        <source>… reads until then</source>
        <translation>… liest bis dahin</translation>
    </message>
    <message>
        <source>… starting; series wait meanwhile</source>
        <translation>… startet; Serien warten so lange</translation>
    </message>
    <message>
        <source>… the inference process is starting</source>
        <translation>… der Inferenzprozess startet</translation>
    </message>
    <message>
        <source>↑ Earlier</source>
        <translation>↑ Früher</translation>
    </message>
    <message>
        <source>↑ ↓ Page Home End</source>
        <translation>↑ ↓ Bild Pos1 Ende</translation>
    </message>
    <message>
        <source>↑ ↓ choose one in the list, ⏎ opens it.</source>
        <translation>↑ ↓ wählt eine in der Liste, ⏎ öffnet sie.</translation>
    </message>
    <message>
        <source>↓ Later</source>
        <translation>↓ Später</translation>
    </message>
    <message numerus="yes">
        <source>▲ %n new studies have a finding of the machine.</source>
        <translation>
            <numerusform>▲ Eine neue Untersuchung hat einen KI-Befund.</numerusform>
            <numerusform>▲ %n neue Untersuchungen haben einen KI-Befund.</numerusform>
        </translation>
    </message>
    <message>
        <source>▲ does not take what is sent</source>
        <translation>▲ nimmt nicht an, was gesendet wird</translation>
    </message>
    <message>
        <source>◇ Numbers of the machine: {model}. Research use only.</source>
        <translation>◇ KI-Werte: {model}. Nur für Forschung.</translation>
    </message>
    <message>
        <source>◌ It reads beside the active one, unseen by readers; nothing of it is sent.</source>
        <translation>◌ Es liest neben dem aktiven, ungesehen von den Befundern; nichts davon wird gesendet.</translation>
    </message>
    <message>
        <source>◌ offline</source>
        <translation>◌ nicht erreichbar</translation>
    </message>
    <message>
        <source>◌ reads in the shadow</source>
        <translation>◌ liest im Schatten</translation>
    </message>
    <message>
        <source>◌ {model} reads beside the active one, unseen by readers. {waiting}</source>
        <translation>◌ {model} liest neben dem aktiven, ungesehen von den Befundern. {waiting}</translation>
    </message>
    <message>
        <source>● live</source>
        <translation>● verbunden</translation>
    </message>
    <message>
        <source>◐ {count} here</source>
        <translation>◐ {count} hier</translation>
    </message>
    <message>
        <source>◐ {count} of {total} here</source>
        <translation>◐ {count} von {total} hier</translation>
    </message>
    <message>
        <source>✓ Accept</source>
        <translation>✓ Bestätigen</translation>
    </message>
    <message>
        <source>✓ All of it was sent on to {receiver}.</source>
        <translation>✓ Alles ist an {receiver} weitergegeben.</translation>
    </message>
    <message>
        <source>✓ The node can do its work</source>
        <translation>✓ Der Knoten kann arbeiten</translation>
    </message>
    <message>
        <source>✓ The trail holds, nothing is altered or missing: {text}.</source>
        <translation>✓ Das Protokoll hält, nichts ist verändert oder fehlt: {text}.</translation>
    </message>
    <message>
        <source>✓ This model reads. It is loaded in the inference process.</source>
        <translation>✓ Dieses Modell liest. Es ist im Inferenzprozess geladen.</translation>
    </message>
    <message>
        <source>✓ all here</source>
        <translation>✓ alles hier</translation>
    </message>
    <message>
        <source>✓ answers, {time}</source>
        <translation>✓ antwortet, {time}</translation>
    </message>
    <message>
        <source>✓ has everything</source>
        <translation>✓ hat alles</translation>
    </message>
    <message>
        <source>✓ in force</source>
        <translation>✓ in Kraft</translation>
    </message>
    <message>
        <source>✓ loaded, ready for the next series</source>
        <translation>✓ geladen, bereit für die nächste Serie</translation>
    </message>
    <message>
        <source>✓ may sign in</source>
        <translation>✓ darf sich anmelden</translation>
    </message>
    <message>
        <source>✓ reads now</source>
        <translation>✓ liest jetzt</translation>
    </message>
    <message>
        <source>✓ the DICOM port is open</source>
        <translation>✓ der DICOM-Port ist offen</translation>
    </message>
    <message>
        <source>✓ the database answers</source>
        <translation>✓ die Datenbank antwortet</translation>
    </message>
    <message>
        <source>✓ the disk has room</source>
        <translation>✓ es ist genug Speicher frei</translation>
    </message>
    <message>
        <source>✓ the model is loaded</source>
        <translation>✓ das Modell ist geladen</translation>
    </message>
    <message numerus="yes">
        <source>✕ %n objects need a person</source>
        <translation>
            <numerusform>✕ %n Objekt braucht einen Menschen</numerusform>
            <numerusform>✕ %n Objekte brauchen einen Menschen</numerusform>
        </translation>
    </message>
    <message>
        <source>✕ Images are refused: less than {reserve} is free. Delete series (Queue), let old ones be deleted by age (Settings), or enlarge the disk.</source>
        <translation>✕ Bilder werden abgewiesen: Weniger als {reserve} ist frei. Löschen Sie Serien (Warteschlange), lassen Sie alte nach Alter löschen (Einstellungen), oder vergrößern Sie den Speicher.</translation>
    </message>
    <message>
        <source>✕ It cannot be used: {problem}.</source>
        <translation>✕ Nicht verwendbar: {problem}.</translation>
    </message>
    <message>
        <source>✕ Reject</source>
        <translation>✕ Verwerfen</translation>
    </message>
    <message>
        <source>✕ Remove</source>
        <translation>✕ Entfernen</translation>
    </message>
    <message>
        <source>✕ The node is not ready</source>
        <translation>✕ Der Knoten ist nicht bereit</translation>
    </message>
    <message>
        <source>✕ The trail does not hold: {text}. Somebody changed the database past the node: keep a copy of it, and compare with what was exported.</source>
        <translation>✕ Das Protokoll hält nicht: {text}. Jemand hat die Datenbank am Knoten vorbei geändert: Bewahren Sie eine Kopie auf, und vergleichen Sie sie mit dem, was ausgeleitet wurde.</translation>
    </message>
    <message>
        <source>✕ cannot be used</source>
        <translation>✕ nicht verwendbar</translation>
    </message>
    <message>
        <source>✕ disabled</source>
        <translation>✕ gesperrt</translation>
    </message>
    <message>
        <source>✕ it does not start: series wait. The node's log says why</source>
        <translation>✕ er startet nicht: Serien warten. Das Protokoll des Knotens sagt, warum</translation>
    </message>
    <message>
        <source>✕ the DICOM port is not open</source>
        <translation>✕ der DICOM-Port ist nicht offen</translation>
    </message>
    <message>
        <source>✕ the data directory cannot be read</source>
        <translation>✕ das Datenverzeichnis kann nicht gelesen werden</translation>
    </message>
    <message>
        <source>✕ the database does not answer</source>
        <translation>✕ die Datenbank antwortet nicht</translation>
    </message>
    <message>
        <source>✕ the disk is too full to receive</source>
        <translation>✕ der Speicher ist zu voll zum Empfangen</translation>
    </message>
    <message>
        <source>✕ the inference process does not start</source>
        <translation>✕ der Inferenzprozess startet nicht</translation>
    </message>
    <message>
        <source>✕ {model} does not start: {problem}. {waiting}</source>
        <translation>✕ {model} startet nicht: {problem}. {waiting}</translation>
    </message>
    <message>
        <source>✕ {step} fails, {time}</source>
        <translation>✕ {step} scheitert, {time}</translation>
    </message>
</context></TS>
