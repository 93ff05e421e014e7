import type { NationalTable } from './table.ts'

/** Clinical course. */
export const xml5: NationalTable = {
  name: 'XML5',
  title: 'Clinical course',
  arrangement: 'many',
  container: { root: 'CHITIEU_CHITIET_DIENBIENLAMSANG', list: 'DSACH_CHI_TIET_DIEN_BIEN_BENH', row: 'CHI_TIET_DIEN_BIEN_BENH' },
  fields: [
    [
      'MA_LK',
      'code',
      100,
      'required',
      'Unique treatment-episode key; joins XML1 to every other table; immutable, reused on resubmission',
    ],
    ['STT', 'integer', 10, 'required', 'Sequence number from 1 within one submission'],
    ['DIEN_BIEN_LS', 'text', null, 'required', 'Clinical course note'],
    ['GIAI_DOAN_BENH', 'text', null, 'optional', 'Disease stage'],
    ['HOI_CHAN', 'text', null, 'optional', 'Consultation result'],
    ['PHAU_THUAT', 'text', null, 'optional', 'Operation/procedure description'],
    ['THOI_DIEM_DBLS', 'date12', 12, 'required', 'Time of the note yyyymmddHHMM'],
    ['NGUOI_THUC_HIEN', 'codes', 255, 'required', 'Practitioner code(s) performing the service'],
    ['DU_PHONG', 'text', null, 'optional', 'Reserve field'],
  ],
}
