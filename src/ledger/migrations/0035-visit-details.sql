-- What later claims ask of a decided visit beside its dates: category, slip, paid exams, drugs for use at home (JSON). NULL: nothing.
ALTER TABLE claim_version ADD COLUMN visit_details text;
