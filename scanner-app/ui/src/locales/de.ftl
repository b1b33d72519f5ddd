# Die Worte des Scanners auf Deutsch. Dieselben Nachrichten mit denselben
# Variablen wie in en.ftl. Kurz: das Personal liest sie dem Gast vor.

language-name = Deutsch

## Zeiten und Mengen

span-seconds = { $n } s
span-minutes = { $n } min
span-hours = { $n } h
# Nach „vor“ und nach „ist“: die Kürzel werden nicht gebeugt.
span-days = { $n } d
tickets = { $n ->
    [one] { $n } Ticket
   *[other] { $n } Tickets
}
bytes-mb = { $n } MB

## Grün

headline-admit-entry = Einlassen
headline-admit-re_entry = Wieder einlassen
headline-admit-exit = Auf Wiedersehen
headline-admit-unlisted = Einlassen, nicht auf der Liste
words-admit-entry = Willkommen
words-admit-re_entry = Willkommen zurück
words-admit-exit = Hinausgelassen
words-admit-unlisted = Der Code ist echt; diese Liste kennt das Ticket noch nicht

## Rot: zu jedem Grund eine Überschrift und ein Satz

headline-refuse-malformed = Kein Ticket
words-refuse-malformed = Das ist kein Gateline-Ticket, oder es ist beschädigt
headline-refuse-bad_signature = Nicht echt
words-refuse-bad_signature = Niemand hat diesen Code für diese Veranstaltung unterschrieben
headline-refuse-unknown_key = Erst abgleichen
words-refuse-unknown_key = Mit einem Schlüssel unterschrieben, den dieser Scanner noch nicht kennt
headline-refuse-wrong_event = Falsche Veranstaltung
words-refuse-wrong_event = Für eine andere Veranstaltung: { $title }
words-refuse-wrong_event-unknown = Für eine andere Veranstaltung
headline-refuse-not_listed = Nicht auf der Liste
words-refuse-not_listed = Echt, aber nicht auf der Liste dieser Veranstaltung
headline-refuse-superseded = Altes Ticket
words-refuse-superseded = Dieses Ticket hat einen neuen Besitzer; dieser Code gilt nicht mehr
headline-refuse-cancelled = Storniert
words-refuse-cancelled = Das Ticket wurde storniert
words-refuse-cancelled-event = Die Veranstaltung wurde abgesagt
headline-refuse-refunded = Erstattet
words-refuse-refunded = Das Ticket wurde erstattet
headline-refuse-blocked = Gesperrt
words-refuse-blocked = Der Veranstalter hat dieses Ticket gesperrt
headline-refuse-not_yet_valid = Zu früh
words-refuse-not_yet_valid = Gilt erst ab { $at }
headline-refuse-no_longer_valid = Zu spät
words-refuse-no_longer_valid = Galt nur bis { $at }
headline-refuse-wrong_gate = Falscher Eingang
words-refuse-wrong_gate = Nicht hier, sondern: { $gates }
words-refuse-wrong_gate-unknown = Nicht an diesem Eingang
headline-refuse-wrong_ticket_type = Falsche Ticketart
words-refuse-wrong_ticket_type = Diese Ticketart wird hier nicht eingelassen
headline-refuse-rule = Nicht erlaubt
words-refuse-rule = { $name }
words-limit-first_through = Erst durch den Eingang von { $zone }
words-limit-entries_in_all = { $most ->
    [one] Ein Eintritt mit diesem Ticket
   *[other] Höchstens { $most } Eintritte mit diesem Ticket
}
words-limit-entries_a_day = { $most ->
    [one] Ein Eintritt am Tag mit diesem Ticket
   *[other] Höchstens { $most } Eintritte am Tag mit diesem Ticket
}
words-limit-full = { $place } ist voll
headline-refuse-already_admitted = Schon drin
words-refuse-already_admitted = Kam herein: { $at }, { $gate }, an { $device }
words-refuse-already_admitted-no-gate = Kam herein: { $at }, an { $device }
another-scanner = einem anderen Scanner
ago = Das war vor { $span }
headline-refuse-not_inside = Nicht drinnen
words-refuse-not_inside = Dieses Ticket wurde nicht eingelassen
headline-refuse-stale_rotating_code = Alter Code
words-refuse-stale_rotating_code = Ein Bild des Codes, nicht der lebende

## Was das Personal tun kann

step-read_note = Hinweis lesen
step-scan_again = Den Code noch einmal scannen
step-sync_first = Abgleichen, dann noch einmal scannen
step-search = In der Liste nach Name oder Bestellung suchen
step-ask_for_current_code = Nach dem Ticket des jetzigen Besitzers fragen
step-ask_for_live_code = Den Gast bitten, das Ticket auf dem Handy zu öffnen
step-send_to_gate = Schicken zu: { $gates }
step-come_back_at = Wiederkommen um { $at }
step-check_direction = Prüfen: Steht dieser Scanner auf Eingang oder Ausgang?
step-refer_to_organizer = Niemanden einlassen. Der Käufer hört vom Veranstalter, was erstattet wird
step-help_desk = Zum Infostand schicken
step-override = Trotzdem einlassen, mit Begründung
step-override-pin = Trotzdem einlassen, mit Begründung und PIN der Leitung

## Die Antwort auf dem Bildschirm

unconfirmed = Vom Server nicht bestätigt. Eigene Antwort dieses Geräts.
let-in-before = Der Gast davor wurde eingelassen: { $who }
fact-ticket = Ticket
fact-guest = Gast
fact-seat = Platz
fact-order = Bestellung
next-steps = Was jetzt zu tun ist
next-guest = Nächster Gast
undo = Rückgängig
undone = Rückgängig gemacht: das Ticket ist wieder offen
override = Trotzdem…
info-only = Nur nachgesehen: nichts wurde gezählt
would-admit = Würde eingelassen
would-refuse = Würde abgewiesen
passages = Hier bekannte Durchgänge
passages-none = Niemand kam mit diesem Ticket herein, soweit dieses Gerät weiß
passage-entry = Hinein { $at }, { $where }
passage-exit = Hinaus { $at }, { $where }
failed-title = Nicht getan
failed-nobody-in = Lassen Sie daraufhin niemanden ein.
ok = OK
override-reason = Warum wird dieser Gast eingelassen?
override-pin = PIN der Leitung
override-do = Trotzdem einlassen
cancel = Abbrechen

## Der Scan-Bildschirm

scan-hint = Halten Sie den Code des Tickets vor die Kamera
scan-hint-info = Nachsehen: Zeigen Sie einen Code. Nichts wird gezählt.
scan-hint-hand = Nehmen Sie den Handscanner oder suchen Sie in der Liste
camera-picture = Kamerabild
way-entry = Eingang
way-exit = Ausgang
mode-info = Nachsehen
direction = Richtung
search = Suchen
menu = Menü
change-gate = Anderer Eingang
last = Zuletzt
drop-here = Bild eines Tickets hier ablegen
picture-not_an_image = Das ist kein PNG- oder JPEG-Bild
picture-damaged = Dieses Bild ist beschädigt
picture-too_large = Dieses Bild ist zu groß
picture-without-code = In diesem Bild ist kein Ticketcode

## Suche

search-field = Name, Bestellcode oder Seriennummer
search-none = Niemand auf dieser Liste passt dazu.
search-more = Nur { $n } von denen, die passen, sind zu sehen: Tippen Sie mehr vom Namen.
search-hint = Tippen Sie einen Teil des Namens, des Bestellcodes oder der Seriennummer.
search-let-in = Einlassen
search-sure = Ja, ohne Code
status-valid = noch nicht drinnen
status-cancelled = storniert
status-refunded = erstattet
status-blocked = gesperrt
close = Schließen

## Statuszeile

link-online = Online
link-confirming = Online, fragt den Server
link-offline = Offline, Scannen geht weiter
link-revoked = Dieses Gerät wurde gesperrt
link-not_yet = Noch nicht verbunden
link-not-enrolled = Nicht angemeldet
status = Status
last-contact = Letzter Kontakt vor { $span }
list-age = Liste { $span } alt
list-loading = Liste lädt noch
waiting = { $n ->
    [0] Alle Scans gesendet
    [one] { $n } Scan noch nicht gesendet
   *[other] { $n } Scans noch nicht gesendet
}

## Warnungen

warning-clock_set = Die Uhr dieses Geräts wurde seit dem letzten Abgleich um { $span } verstellt
warning-clock_off = Die Uhr dieses Geräts geht um { $span } falsch
warning-store_rebuilt = Der Speicher war beschädigt und wurde neu gebaut: { $kept } Einträge gerettet, { $lost } verloren
warning-store_rebuilt-unknown = Der Speicher war beschädigt und wurde neu gebaut: { $kept } Einträge gerettet, { $lost } oder mehr verloren
warning-forked = Eine zweite Kopie dieses Scanners ist in Gebrauch: melden Sie eine davon neu an
warning-records_refused = Der Server hat { $n } Einträge abgelehnt; sie bleiben hier
warning-records_uncounted = Der Server bewahrt { $n } Einträge auf, ohne sie zu zählen
warning-list_incomplete = Die Liste ist noch nicht vollständig
warning-list_old = Die Liste ist { $span } alt: gleichen Sie ab, wenn es geht
warning-disk_nearly_full = Die Festplatte ist fast voll: noch { $left }
warning-camera = Die Kamera gibt kein Bild
warning-hook = Der Befehl für das Drehkreuz schlug fehl
warning-serial = Der serielle Scanner antwortet nicht

## Anmelden

enrol-title = Diesen Scanner anmelden
enrol-revoked-title = Dieses Gerät wurde gesperrt
enrol-revoked = Der Veranstalter hat seine Anmeldung beendet; es lässt niemanden ein. Mit einem neuen Code wird es ein neues Gerät.
enrol-revoked-unsent = Der Veranstalter hat seine Anmeldung beendet; es lässt niemanden ein. Mit einem neuen Code wird es ein neues Gerät, sobald die Scans gesendet sind, die es noch hat.
enrol-hint = Bitten Sie den Veranstalter um einen Einmalcode. Zeigen Sie seinen QR-Code der Kamera, lesen Sie ihn mit dem Handscanner oder fügen Sie ihn hier ein.
enrol-code = Anmeldecode
enrol-name = Name dieses Geräts
enrol-name-example = Eingang Nord, Tablet 1
enrol-do = Anmelden
enrol-busy = Wird angemeldet…
enrol-read = Code gelesen. Geben Sie dem Gerät einen Namen und drücken Sie auf Anmelden.
enrolled-title = Angemeldet bei { $org }
enrolled-text = { $events ->
    [0] Noch ist keine Veranstaltung auf diesem Gerät.
    [one] Eine Veranstaltung, { $tickets } auf diesem Gerät.
   *[other] { $events } Veranstaltungen, { $tickets } auf diesem Gerät.
}
enrolled-age = Die Liste ist { $span } alt.

## Auswählen

choose-title = Wo steht dieser Scanner?
choose-none = Noch ist keine Veranstaltung auf diesem Gerät.
choose-tickets = { $tickets } auf diesem Gerät
choose-loading = { $tickets } auf diesem Gerät, lädt noch
choose-gates = { $n ->
    [0] ein Eingang
    [one] { $n } Eingang
   *[other] { $n } Eingänge
}
choose-no-gate = Kein bestimmter Eingang
choose-only-entrance = Der einzige Eingang
sync-now = Jetzt abgleichen
one-moment = Einen Moment…
back = Zurück

## Speicher

broken-title = Dieser Scanner kann seinen Speicher nicht öffnen
broken-calm = Nichts ging verloren oder wurde geändert. Fragen Sie die Leitung, oder nehmen Sie ein anderes Gerät.
try-again = Noch einmal versuchen

## Zahlen

figures = Zahlen
figure-entered = Eingelassen
figure-inside = Drinnen
figure-listed = Auf der Liste
figures-by-type = Nach Ticketart
figures-device = Dieses Gerät
figure-entries = Eingelassen
figure-exits = Hinausgelassen
figure-refusals = Abgewiesen
figure-undone = Rückgängig
chart-title = Einlässe pro Minute, letzte Stunde
chart-text = { $now } in der letzten Minute, höchstens { $most } in einer Minute

## Verlauf

history = Verlauf
history-none = Dieses Gerät hat noch nichts gescannt.
history-more = Frühere Scans
history-search = aus der Liste
history-override = trotzdem
history-undone = rückgängig
history-waiting = noch nicht gesendet
history-sent = gesendet

## Status genauer

detail-device = Dieses Gerät
detail-server = Server
detail-contact = Letzter Kontakt
detail-list = Liste
detail-waiting = Zu senden
detail-logged = Scans im Protokoll
detail-clock = Uhr
detail-clock-good = richtig, auf { $span } genau
detail-clock-off = geht um { $span } falsch
detail-clock-unknown = nie verglichen
detail-key = Schlüssel des Speichers
key-keyring = im Schlüsselbund des Systems
key-file = in einer Datei, die nur dieses Konto lesen kann
detail-exposure = Könnten doppelt hinein
exposure-text = { $n ->
    [0] keine: der Server bestätigt jeden Einlass
    [one] { $n } Ticket, solange dieser Eingang und ein anderer voneinander getrennt sind
   *[other] { $n } Tickets, solange dieser Eingang und ein anderer voneinander getrennt sind
}
detail-camera = Kamera
detail-serial = Serieller Scanner
never = nie
for-supervisors = Für die Leitung
supervisor-pin = PIN der Leitung
show = Zeigen

## Einstellungen

settings = Einstellungen
setting-language = Sprache
setting-theme = Aussehen
theme-system = Wie das System
theme-light = Hell
theme-dark = Dunkel
setting-text = Schrift
text-normal = Normal
text-large = Groß
text-largest = Sehr groß
setting-sound = Ton
sound-on = An
sound-muted = Stumm
setting-volume = Lautstärke
sound-try = Töne probieren
setting-camera = Kamera
camera-default = Die erste
camera-none = Keine
setting-serial = Serieller Scanner
serial-none = Keiner
setting-list-old = Warnen, wenn die Liste älter ist als
setting-lock = Sperren, wenn es niemand berührt für
lock-never = Nie
minutes = { $n ->
    [one] { $n } Minute
   *[other] { $n } Minuten
}
setting-pin = PIN dieses Geräts
pin-old = Jetzige PIN
pin-new = Neue PIN, 4 bis 12 Ziffern
pin-set = PIN setzen
pin-change = PIN ändern
pin-remove = PIN entfernen
pin-kept = Die PIN ist gesetzt
pin-removed = Die PIN ist entfernt
export-log = Unterschriebenes Protokoll ausgeben
exported = { $n } Einträge sind in { $path }

## Sperre und Kiosk

lock = Sperren
locked-title = Gesperrt
locked-text = Das Scannen ruht, bis jemand dieses Gerät entsperrt. Der Abgleich geht weiter.
locked-pin = PIN dieses Geräts oder der Leitung
unlock = Entsperren
kiosk = Kioskmodus
kiosk-leave = Kioskmodus verlassen
kiosk-text = Der ganze Bildschirm, und kein Weg hinaus ohne die PIN dieses Geräts oder der Leitung
keys = Tasten
keys-text = F2 Suche · F3 Rückgängig · F4 Nachsehen · F6 Menü · F9 Sperren · Esc nächster Gast

## Kamera und serieller Scanner

camera-off = Keine Kamera
camera-starting = Die Kamera startet…
camera-seeing = { $name }, { $width } × { $height }
camera-trouble = { $name } gibt kein Bild. Prüfen Sie das Kabel und ob ein anderes Programm sie benutzt; es wird von selbst wieder versucht.
serial-off = Keiner
serial-starting = Wird geöffnet…
serial-listening = { $name }
serial-trouble = { $name } antwortet nicht; es wird von selbst wieder versucht.

## Was nicht ging, nach dem Code des Fehlers

error-not_enrolled = Dieses Gerät ist nicht angemeldet
error-already_enrolled = Dieses Gerät ist schon angemeldet; eine weitere Anmeldung braucht einen anderen Speicher
error-unsent = Dieses Gerät wurde gesperrt und hat noch Scans, die nicht gesendet sind: erst abgleichen, dann neu anmelden
error-not_an_enrolment_code = Das ist kein Anmeldecode; bitten Sie den Veranstalter um einen neuen
error-revoked = Der Veranstalter hat dieses Gerät gesperrt: es scannt nicht mehr
error-no_event = Wählen Sie erst Veranstaltung und Eingang
error-no_gate = Wählen Sie erst einen Eingang
error-unknown_place = Diese Veranstaltung hat keinen solchen Eingang
error-bad_manifest = Die Regeln dieser Veranstaltung sind nicht brauchbar: gleichen Sie ab, oder fragen Sie den Veranstalter
error-nothing_to_undo = Nichts rückgängig zu machen: der letzte Scan ließ niemanden ein oder ist schon rückgängig
error-nothing_to_override = Der letzte Scan wurde nicht abgewiesen
error-override_forbidden = Diese Abweisung gilt hier. Suchen Sie in der Liste, oder schicken Sie den Gast zum Infostand
error-reason_missing = Trotzdem einlassen braucht eine Begründung
error-wrong_pin = Diese PIN stimmt nicht. Nach einigen falschen gibt es eine Pause von einer halben Minute
error-unknown_ticket = Dieses Ticket ist nicht auf der Liste der Veranstaltung
error-search_too_short = Tippen Sie einen Teil des Namens, des Bestellcodes oder der Seriennummer
error-not_logged = Der Scan konnte nicht auf die Festplatte geschrieben werden
error-store = Der Speicher dieses Geräts lässt sich nicht lesen oder schreiben
error-sync = Der Abgleich mit dem Server schlug fehl
error-frames = Das Bild lässt sich nicht lesen
error-locked = Dieses Gerät ist gesperrt
error-not_written = Die Datei ließ sich nicht schreiben
error-not_read = Die Datei ließ sich nicht lesen
error-superseded = Eine neuere Suche trat an die Stelle dieser
error-no_pin = Setzen Sie erst eine PIN für dieses Gerät, oder eine PIN der Leitung für die Veranstaltung: niemand könnte es entsperren
error-bad_pin = Eine PIN hat 4 bis 12 Ziffern
error-out_of_bounds = Diese Einstellung liegt außerhalb der Grenzen
error-closed = Der Scanner wird geschlossen
error-unknown = Etwas ging schief

## Was zwischen diesem Gerät und dem Server nicht stimmt

trouble-connection_refused = Der Server antwortet nicht
trouble-name_not_found = Der Name des Servers ist nicht zu finden: gibt es ein Netz?
trouble-timeout = Der Server antwortete nicht rechtzeitig
trouble-certificate = Das Zertifikat des Servers ist nicht das richtige: jemand könnte an seiner Stelle stehen. Sagen Sie es der Leitung
trouble-unreachable = Der Server ist nicht zu erreichen
trouble-captive_portal = Etwas anderes antwortet statt des Servers, vielleicht eine Anmeldeseite des Netzes
trouble-truncated = Die Antwort des Servers brach ab
trouble-damaged_message = Die Antwort des Servers ist nicht lesbar
trouble-server_error = Der Server hat ein Problem
trouble-rate_limited = Der Server bittet dieses Gerät, langsamer zu fragen
trouble-not_authenticated = Der Server kennt dieses Gerät nicht: melden Sie es in einem neuen Speicher neu an
trouble-unproven_revocation = Etwas sagt, dieses Gerät sei gesperrt, ohne die Unterschrift des Veranstalters. Scannen geht weiter. Sagen Sie es der Leitung
trouble-device_revoked = Der Veranstalter hat dieses Gerät gesperrt
trouble-rejected = Der Server lehnte ab
trouble-bad_manifest = Was der Server schickte, ist nicht vom Veranstalter unterschrieben: sagen Sie es der Leitung
trouble-old_manifest = Der Server schickte ältere Regeln, als dieses Gerät hat
trouble-insecure_server = Der Code nennt einen Server ohne Verschlüsselung auf einer anderen Maschine: bitten Sie den Veranstalter, ihn mit TLS zu starten
trouble-bad_server = Die Adresse des Servers im Code ist nicht brauchbar
trouble-store = Der Speicher dieses Geräts versagte
