-- The register as it was imported. People are kept sealed (AES-256-GCM) under keyed hashes of their identifiers, never in the clear.

-- `as_of`: the newest file's; `revision` grows with every import, so that copies can be told apart by age. `secret_mark` tells the
-- secret that identifiers were hashed with: under another one nobody would be found.
CREATE TABLE register_state (
  kind text COLLATE "C" PRIMARY KEY,
  as_of date,
  revision bigint NOT NULL DEFAULT 0,
  secret_mark text
);
INSERT INTO register_state (kind)
VALUES ('members'), ('facilities'), ('catalogue'), ('referrals'), ('practitioners'), ('relations');

-- `ref` is the keyed hash of the personal id, or of the social insurance number of one who has none.
CREATE TABLE register_member (
  ref uuid PRIMARY KEY,
  version bigint NOT NULL,
  as_of date NOT NULL,
  sealed bytea NOT NULL
);
-- Each identifier by which a member can be asked for: personal id, social insurance number, card numbers.
CREATE TABLE register_member_key (
  key uuid PRIMARY KEY,
  ref uuid NOT NULL
);
CREATE INDEX register_member_key_ref ON register_member_key (ref);

CREATE TABLE register_facility (
  code text COLLATE "C" PRIMARY KEY,
  as_of date NOT NULL,
  content text NOT NULL
);

-- Prices and payable items. `facility_code` '' means every facility.
CREATE TABLE register_catalogue (
  list text COLLATE "C" NOT NULL CHECK (list IN ('drug', 'service', 'supply', 'bed')),
  facility_code text COLLATE "C" NOT NULL,
  code text COLLATE "C" NOT NULL,
  valid_from date NOT NULL,
  valid_to date,
  as_of date NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (list, facility_code, code, valid_from)
);

CREATE TABLE register_referral (
  id text COLLATE "C" PRIMARY KEY,
  -- Keyed hash of the personal id.
  member_key uuid NOT NULL,
  as_of date NOT NULL,
  sealed bytea NOT NULL
);
CREATE INDEX register_referral_member ON register_referral (member_key);

CREATE TABLE register_practitioner (
  code text COLLATE "C" NOT NULL,
  facility_code text COLLATE "C" NOT NULL,
  valid_from date NOT NULL,
  as_of date NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (code, facility_code, valid_from)
);

CREATE TABLE register_relation (
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('includes', 'step-of', 'priced-as')),
  code text COLLATE "C" NOT NULL,
  other text COLLATE "C" NOT NULL,
  valid_from date NOT NULL,
  as_of date NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (kind, code, other, valid_from)
);

-- Who looked at whose data, when. `subject` is a keyed hash.
CREATE TABLE access_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action text NOT NULL,
  subject text COLLATE "C" NOT NULL
);
CREATE INDEX access_audit_subject ON access_audit (subject, at);
