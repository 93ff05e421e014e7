-- Clients that may call the gateway. Of the secret only a keyed digest is kept.
CREATE TABLE clients (
  client_id     text        PRIMARY KEY,
  facility_code text        NOT NULL CHECK (facility_code <> ''),
  role          text        NOT NULL CHECK (role IN ('facility', 'kiosk', 'insurer', 'operator')),
  secret_digest text        NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  changed_at    timestamptz NOT NULL DEFAULT now(),
  revoked_at    timestamptz
);
-- Running processes ask every few seconds for what changed lately.
CREATE INDEX clients_changed_at ON clients (changed_at);
