-- What decisions were made with, kept once by hash, so that each can be made again.

CREATE TABLE rulebook (
  sha256 text COLLATE "C" PRIMARY KEY,
  version text NOT NULL,
  -- The canonical text of which `sha256` is the hash.
  content text NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Which release has an engine: a replay under another one is done with that release.
CREATE TABLE engine (
  sha256 text COLLATE "C" PRIMARY KEY,
  release text NOT NULL,
  -- Of the source tree, where it was known.
  commit_id text,
  first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
