import type { NationalTable } from './table.ts'

/** TB treatment. */
export const xml15: NationalTable = {
  name: 'XML15',
  title: 'TB treatment',
  arrangement: 'many',
  container: { root: 'CHI_TIEU_DIEUTRI_BENHLAO', list: 'DSACH_CHITIET_DIEUTRI_BENHLAO', row: 'CHITIET_DIEUTRI_BENHLAO' },
  fields: [
    [
      'MA_LK',
      'code',
      200,
      'required',
      'Unique treatment-episode key; joins XML1 to every other table; immutable, reused on resubmission',
    ],
    ['STT', 'integer', 10, 'optional', 'Sequence number from 1 within one submission'],
    ['MA_BN', 'code', 200, 'required', 'Patient code assigned by the facility'],
    ['HO_TEN', 'text', 255, 'optional', "Patient full name (newborn without card: parent's, guardian's or facility's name)"],
    [
      'SO_CCCD',
      'code',
      15,
      'optional',
      'Citizen ID / old ID / passport number, or e-ID account code (12 or 9 digits, or 1 capital + 7 digits)',
    ],
    ['PHANLOAI_LAO_VITRI', 'code', 1, 'required', 'TB class by site: 1 pulmonary, 2 extrapulmonary'],
    ['PHANLOAI_LAO_TS', 'code', 1, 'required', 'TB class by treatment history'],
    ['PHANLOAI_LAO_HIV', 'code', 1, 'required', 'TB class by HIV status'],
    ['PHANLOAI_LAO_VK', 'code', 1, 'required', 'TB class by bacteriology'],
    ['PHANLOAI_LAO_KT', 'code', 1, 'required', 'TB class by drug resistance'],
    ['LOAI_DTRI_LAO', 'code', 1, 'required', 'TB treatment type'],
    ['NGAYBD_DTRI_LAO', 'date8', 8, 'required', 'TB treatment start'],
    ['PHACDO_DTRI_LAO', 'code', 2, 'required', 'TB regimen code'],
    ['NGAYKT_DTRI_LAO', 'date8', 8, 'optional', 'TB treatment end'],
    ['KET_QUA_DTRI_LAO', 'code', 1, 'required', 'TB outcome code'],
    ['MA_CSKCB', 'code', 5, 'optional', 'Facility code, 5 chars'],
    ['NGAYKD_HIV', 'date8', 8, 'optional', 'HIV confirmation date'],
    ['BDDT_ARV', 'date8', 8, 'optional', 'First ARV date'],
    ['NGAY_BAT_DAU_DT_CTX', 'date8', 8, 'optional', 'Cotrimoxazole start date'],
    ['DU_PHONG', 'text', null, 'optional', 'Reserve field'],
  ],
}
