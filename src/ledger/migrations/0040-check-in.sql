-- Check-ins: what was answered to whom at the desk, the single use of challenges and tokens, tickets, and who looked.

-- `claim_id` is the keyed hash of (facility, MA_LK) that the claim of the visit has. Personal data is sealed.
CREATE TABLE check_in (
  check_in_id text COLLATE "C" PRIMARY KEY,
  claim_id text COLLATE "C",
  facility_code text COLLATE "C" NOT NULL,
  member_ref text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  arrived_at text COLLATE "C" NOT NULL,
  care_type text NOT NULL,
  method text NOT NULL,
  assurance text CHECK (assurance IN ('C0', 'C1', 'C2', 'C3')),
  outcome text NOT NULL CHECK (outcome IN ('admitted', 'provisional', 'refused')),
  source text NOT NULL,
  stale boolean NOT NULL,
  offline boolean NOT NULL,
  legacy_code text NOT NULL,
  ticket text NOT NULL,
  alerts text[] NOT NULL,
  sealed bytea NOT NULL,
  audit_subject text COLLATE "C" NOT NULL,
  disaster_id text,
  confirmed_at timestamptz,
  confirmed_sealed bytea,
  -- The record of one that was written while the stream was down, until it is said there.
  unpublished jsonb
);
CREATE INDEX check_in_claim ON check_in (claim_id, at) WHERE claim_id IS NOT NULL;
CREATE INDEX check_in_facility ON check_in (facility_code, at, check_in_id);
CREATE INDEX check_in_member ON check_in (member_ref, arrived_at);
CREATE INDEX check_in_unpublished ON check_in (at) WHERE unpublished IS NOT NULL;

-- A row for each facility that has ever checked anyone in: since when a missing check-in means something.
CREATE TABLE check_in_use (
  facility_code text COLLATE "C" PRIMARY KEY,
  since timestamptz NOT NULL
);

-- What counts once: a nonce, a token's id, a check-in. `holder` is the check-in that used it.
CREATE TABLE check_in_once (
  used text COLLATE "C" PRIMARY KEY,
  holder text COLLATE "C" NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX check_in_once_expiry ON check_in_once (expires_at);

CREATE TABLE check_in_ticket (
  facility_code text COLLATE "C" NOT NULL,
  day date NOT NULL,
  last integer NOT NULL,
  PRIMARY KEY (facility_code, day)
) WITH (fillfactor = 50);

-- Why and where somebody looked, and who: sealed, because staff are people too. `ref` makes a look that is noted twice one.
ALTER TABLE access_audit
  ADD facility_code text COLLATE "C",
  ADD purpose text,
  ADD fields text[],
  ADD staff_ref text COLLATE "C",
  ADD staff_sealed bytea,
  ADD ref text COLLATE "C";
CREATE UNIQUE INDEX access_audit_ref ON access_audit (ref) WHERE ref IS NOT NULL;
