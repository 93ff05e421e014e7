-- Electronic slips that are issued and used here, and disasters by province and date.

-- What is known of a slip beside its record in `register_referral`: who issued it, for which visit.
CREATE TABLE referral_issue (
  referral_id text COLLATE "C" PRIMARY KEY,
  facility_code text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  issued_at timestamptz NOT NULL,
  encounter_id text COLLATE "C",
  disaster_id text COLLATE "C"
);

-- The use of a slip. `slot` is '' where it counts once, else the visit, so that a slip of a year is used once for each.
CREATE TABLE referral_use (
  referral_id text COLLATE "C" NOT NULL,
  slot text COLLATE "C" NOT NULL,
  facility_code text COLLATE "C" NOT NULL,
  encounter_id text COLLATE "C" NOT NULL,
  used_at timestamptz NOT NULL,
  PRIMARY KEY (referral_id, slot)
);

-- `opened_by` and `confirmed_by` are operators' clients, and two of them. Days are of Vietnam, both included.
CREATE TABLE disaster (
  disaster_id text COLLATE "C" PRIMARY KEY,
  provinces text[] NOT NULL,
  from_day date NOT NULL,
  to_day date NOT NULL,
  reason text NOT NULL,
  opened_by text COLLATE "C" NOT NULL,
  opened_at timestamptz NOT NULL,
  confirmed_by text COLLATE "C",
  confirmed_at timestamptz,
  closed_by text COLLATE "C",
  closed_at timestamptz,
  closed_reason text,
  CHECK (confirmed_by <> opened_by),
  CHECK (to_day BETWEEN from_day AND from_day + 29)
);

-- A chip that proves later who was taken in a disaster confirms it: which check-in that was.
ALTER TABLE check_in ADD confirmed_by_check_in text COLLATE "C";
CREATE INDEX check_in_to_prove ON check_in (member_ref) WHERE disaster_id IS NOT NULL AND outcome = 'provisional' AND confirmed_at IS NULL;
CREATE INDEX check_in_disaster ON check_in (disaster_id, at) WHERE disaster_id IS NOT NULL;

-- Entries of kiosks' queues as they came in: what became of each, so that a difference is found later. Nothing of the person.
CREATE TABLE offline_entry (
  entry_sha256 text COLLATE "C" PRIMARY KEY,
  facility_code text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  kiosk_id text COLLATE "C",
  at timestamptz,
  uploaded_at timestamptz NOT NULL,
  check_in_id text COLLATE "C",
  refused_code text
);
CREATE INDEX offline_entry_uploaded ON offline_entry (uploaded_at);
CREATE INDEX offline_entry_check_in ON offline_entry (check_in_id) WHERE check_in_id IS NOT NULL;
