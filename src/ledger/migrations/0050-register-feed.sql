-- The feed changes single members: `revision` grows with each change, copies older than `whole_revision` are out of date as a whole.
ALTER TABLE register_state ADD whole_revision bigint NOT NULL DEFAULT 0;
UPDATE register_state SET whole_revision = revision;
