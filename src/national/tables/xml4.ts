import type { NationalTable } from './table.ts'

/** Para-clinical results. */
export const xml4: NationalTable = {
  name: 'XML4',
  title: 'Para-clinical results',
  arrangement: 'many',
  container: { root: 'CHITIEU_CHITIET_DICHVUCANLAMSANG', list: 'DSACH_CHI_TIET_CLS', row: 'CHI_TIET_CLS' },
  fields: [
    [
      'MA_LK',
      'code',
      100,
      'required',
      'Unique treatment-episode key; joins XML1 to every other table; immutable, reused on resubmission',
    ],
    ['STT', 'integer', 10, 'required', 'Sequence number from 1 within one submission'],
    [
      'MA_DICH_VU',
      'code',
      50,
      'optional',
      'Service/technique code (shared catalogue); suffix _GT local anaesthesia, _TB stopped, _TT; VC.xxxxx transport',
    ],
    ['MA_CHI_SO', 'code', 50, 'optional', 'Test/indicator code'],
    ['TEN_CHI_SO', 'text', 255, 'optional', 'Test/indicator name'],
    ['GIA_TRI', 'text', 50, 'optional', 'Result value'],
    ['DON_VI_DO', 'text', 50, 'optional', 'Unit of result'],
    ['MO_TA', 'text', null, 'optional', 'Description of finding'],
    ['KET_LUAN', 'text', null, 'optional', 'Conclusion'],
    ['NGAY_KQ', 'date12', 12, 'optional', 'Result time; >= NGAY_YL'],
    ['MA_BS_DOC_KQ', 'codes', 255, 'optional', 'Practitioner code of the reader'],
    ['DU_PHONG', 'text', null, 'optional', 'Reserve field'],
  ],
}
