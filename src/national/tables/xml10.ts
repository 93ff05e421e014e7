import type { NationalTable } from './table.ts'

/** Maternity-rest certificate. */
export const xml10: NationalTable = {
  name: 'XML10',
  title: 'Maternity-rest certificate',
  arrangement: 'single',
  container: { root: 'CHI_TIEU_DU_LIEU_GIAY_NGHI_DUONG_THAI' },
  fields: [
    [
      'MA_LK',
      'code',
      100,
      'required',
      'Unique treatment-episode key; joins XML1 to every other table; immutable, reused on resubmission',
    ],
    ['SO_SERI', 'text', 200, 'required', 'Certificate serial'],
    ['SO_CT', 'text', 200, 'required', 'Certificate internal number'],
    ['SO_NGAY', 'integer', 3, 'required', 'Days of leave'],
    ['DON_VI', 'text', 1024, 'required', 'Employer name'],
    ['CHAN_DOAN_RV', 'text', null, 'required', 'Discharge diagnosis, free text'],
    ['TU_NGAY', 'date8', 8, 'required', 'Leave from date'],
    ['DEN_NGAY', 'date8', 8, 'required', 'Leave to date'],
    ['MA_TTDV', 'code', 10, 'required', 'Social-insurance number of the signing head of the unit, 10 digits'],
    ['TEN_BS', 'text', 255, 'required', "Doctor's name"],
    ['MA_BS', 'code', 200, 'required', "Doctor's practitioner code"],
    ['NGAY_CT', 'date8', 8, 'required', 'Document date yyyymmdd'],
    ['DU_PHONG', 'text', null, 'optional', 'Reserve field'],
  ],
}
