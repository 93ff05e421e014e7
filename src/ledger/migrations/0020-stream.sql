-- The stream of the embedded default: the log, and who of a group reads which part. Unused where the stream is Kafka.

-- Appends of a partition wait for each other on its row, so offsets become visible in order and without holes.
CREATE TABLE log_partition (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  -- First offset that is still kept; next to be written.
  low bigint NOT NULL DEFAULT 0,
  next bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20);

CREATE TABLE log_record (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  key text NOT NULL,
  -- A JSON object of texts.
  headers text NOT NULL,
  value bytea,
  appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, partition, record_offset)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

DO $$
BEGIN
  ALTER TABLE log_record ALTER value SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  ALTER TABLE log_record ALTER value SET STORAGE EXTERNAL;
END
$$;

-- Members of a group and the leases by which they own partitions; both end by themselves when a member dies.
CREATE TABLE log_member (
  topic text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  member text COLLATE "C" NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (topic, group_name, member)
);
CREATE TABLE log_owner (
  topic text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  member text NOT NULL DEFAULT '',
  until timestamptz NOT NULL DEFAULT '-infinity',
  -- How far the group says it is: for lag meters and for trimming, nothing resumes from it.
  hint bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, group_name, partition)
) WITH (fillfactor = 50);
