import type { NationalTable } from './table.ts'

/** Record summary. */
export const xml8: NationalTable = {
  name: 'XML8',
  title: 'Record summary',
  arrangement: 'single',
  container: { root: 'CHI_TIEU_DU_LIEU_TOM_TAT_HO_SO_BENH_AN' },
  fields: [
    [
      'MA_LK',
      'code',
      100,
      'required',
      'Unique treatment-episode key; joins XML1 to every other table; immutable, reused on resubmission',
    ],
    ['MA_LOAI_KCB', 'code', 2, 'required', 'Care type code, string with leading zero'],
    ['HO_TEN_CHA', 'text', 255, 'optional', "Father's name"],
    ['HO_TEN_ME', 'text', 255, 'optional', "Mother's name"],
    ['NGUOI_GIAM_HO', 'text', 255, 'optional', "Guardian's name"],
    ['DON_VI', 'text', 1024, 'optional', 'Employer name'],
    ['NGAY_VAO', 'date12', 12, 'required', 'Arrival time yyyymmddHHMM'],
    ['NGAY_RA', 'date12', 12, 'required', 'End-of-episode time yyyymmddHHMM'],
    ['CHAN_DOAN_VAO', 'text', null, 'required', 'Admission diagnosis, free text'],
    ['CHAN_DOAN_RV', 'text', null, 'required', 'Discharge diagnosis, free text'],
    ['QT_BENHLY', 'text', null, 'required', 'Disease history and clinical course'],
    ['TOMTAT_KQ', 'text', null, 'required', 'Summary of para-clinical results'],
    ['PP_DIEUTRI', 'text', null, 'required', 'Treatment method'],
    ['NGAY_SINHCON', 'birth8', 8, 'optional', "Child's birth date"],
    ['NGAY_CONCHET', 'date8', 8, 'optional', "Child's death date"],
    ['SO_CONCHET', 'integer', 2, 'optional', 'Number of deceased children'],
    ['KET_QUA_DTRI', 'code', 1, 'required', 'Treatment outcome code 1..8'],
    ['GHI_CHU', 'text', null, 'optional', "Doctor's notes / advice"],
    ['MA_TTDV', 'code', 10, 'required', 'Social-insurance number of the signing head of the unit, 10 digits'],
    ['NGAY_CT', 'date8', 8, 'required', 'Document date yyyymmdd'],
    ['MA_THE_TAM', 'code', 15, 'optional', 'Temporary card number of the child'],
    ['DU_PHONG', 'text', null, 'optional', 'Reserve field'],
  ],
}
