-- The ledger: how far each partition is, what each member's state is, the chain of each claim, its versions, what is to be published.
-- Text that is ordered or compared has COLLATE "C": its order is that of the bytes, in every database.

-- Fenced by `next`: advanced in the transaction that stores the batch. Room in the page keeps its updates in place.
CREATE TABLE stream_offset (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  next bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20);

-- Fenced by `revision`. A row appears with the member's first claim.
CREATE TABLE member_state (
  member_ref text COLLATE "C" PRIMARY KEY,
  revision bigint NOT NULL
) WITH (fillfactor = 80);

-- One row a claim, fenced by `versions`. `claim_id` is a keyed hash of (facility, MA_LK).
CREATE TABLE claim (
  claim_id text COLLATE "C" PRIMARY KEY,
  facility_code text COLLATE "C" NOT NULL,
  encounter_id text NOT NULL,
  versions integer NOT NULL CHECK (versions > 0),
  current_version integer NOT NULL CHECK (current_version BETWEEN 1 AND versions),
  current_received_at timestamptz NOT NULL,
  current_member_ref text COLLATE "C" NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX claim_member ON claim (current_member_ref);

-- Append-only but for a held version that is decided later. Written only together with its claim, so no foreign key has to ask. The business key (facility, MA_LK, content) is (claim_id, content_sha256):
-- the claim id stands for the first two, also where the body of a held claim could not be read and `encounter_id` is empty.
CREATE TABLE claim_version (
  claim_id text COLLATE "C" NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  facility_code text COLLATE "C" NOT NULL,
  encounter_id text NOT NULL,
  member_ref text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('decided', 'held')),
  held_reason text CHECK ((held_reason IS NOT NULL) = (status = 'held')),
  outcome text CHECK ((outcome IS NOT NULL) = (status = 'decided')),
  received_at timestamptz NOT NULL,
  decided_at timestamptz NOT NULL,
  release text NOT NULL,
  content_type text NOT NULL,
  content_sha256 text COLLATE "C" NOT NULL,
  body_sha256 text NOT NULL,
  submission_id text NOT NULL,
  stream_key text NOT NULL,
  stream_partition integer NOT NULL,
  stream_offset bigint NOT NULL,
  fund_claimed bigint NOT NULL,
  -- The visit as rules of later claims see it; without a care type the version has none.
  care_type text,
  arrived_at text,
  ended_at text COLLATE "C",
  copay_counted bigint,
  decided_totals text,
  decision_sha256 text,
  facts_sha256 text,
  rulebook_sha256 text,
  engine_sha256 text,
  body bytea NOT NULL,
  decision bytea CHECK ((decision IS NOT NULL) = (status = 'decided')),
  facts text,
  PRIMARY KEY (claim_id, version),
  CONSTRAINT claim_version_content UNIQUE (claim_id, content_sha256)
);
CREATE INDEX claim_version_facility ON claim_version (facility_code, received_at, claim_id);
CREATE INDEX claim_version_received ON claim_version (received_at, claim_id, version);
CREATE INDEX claim_version_held ON claim_version (received_at, claim_id, version) WHERE status = 'held';

-- Long values: lz4 where the server was built with it; otherwise as they are, since the slow default costs more than the disk.
DO $$
BEGIN
  ALTER TABLE claim_version
    ALTER body SET COMPRESSION lz4, ALTER decision SET COMPRESSION lz4, ALTER facts SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  ALTER TABLE claim_version
    ALTER body SET STORAGE EXTERNAL, ALTER decision SET STORAGE EXTERNAL, ALTER facts SET STORAGE EXTERNAL;
END
$$;

-- What a committed batch still has to say on the stream, by reference. Gone once said.
CREATE TABLE publication (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  claim_ids text[] NOT NULL,
  versions integer[] NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
