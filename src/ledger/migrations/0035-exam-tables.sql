-- Exams that count at one table on one day: a practitioner at a facility, named by a keyed hash. Of current versions alone.

-- Counted up and down; fenced by `revision`, but only where there are so many exams that a decision may rest on the count.
CREATE TABLE exam_table (
  table_ref text COLLATE "C" PRIMARY KEY,
  exams integer NOT NULL,
  revision bigint NOT NULL
) WITH (fillfactor = 70);

-- `times`: local times in order, a space between.
CREATE TABLE exam_at_table (
  table_ref text COLLATE "C" NOT NULL,
  claim_id text COLLATE "C" NOT NULL,
  times text NOT NULL,
  PRIMARY KEY (table_ref, claim_id)
);

-- The same of one version (JSON), to be taken out when another version counts. NULL: none.
ALTER TABLE claim_version ADD COLUMN exam_tables text;
