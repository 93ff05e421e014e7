-- Who examined at a table follows from current versions: an index on them in place of a row of its own for each.
-- Its pending list is short, since every look at a table reads it.
DROP TABLE exam_at_table;
ALTER TABLE claim_version ADD COLUMN exam_refs text[];
UPDATE claim_version SET exam_refs = ARRAY(SELECT one->>'tableRef' FROM jsonb_array_elements(exam_tables::jsonb) AS one)
  WHERE exam_tables IS NOT NULL;
CREATE INDEX claim_version_exams ON claim_version USING gin (exam_refs) WITH (gin_pending_list_limit = 128) WHERE exam_refs IS NOT NULL;
