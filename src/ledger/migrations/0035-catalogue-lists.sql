-- Which lists each facility has, and how new each is: the newest whole file that had a row of it ('' means every facility).
CREATE TABLE register_catalogue_list (
  list text COLLATE "C" NOT NULL,
  facility_code text COLLATE "C" NOT NULL,
  as_of date NOT NULL,
  PRIMARY KEY (list, facility_code)
);
INSERT INTO register_catalogue_list (list, facility_code, as_of)
SELECT list, facility_code, max(as_of) FROM register_catalogue GROUP BY list, facility_code;
