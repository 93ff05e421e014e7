import type { Facts } from '../domain/facts.ts'
import type { OwnRegisters } from './offline-check-facts.ts'
import type { Unknown } from './offline-check-shapes.ts'

const all: readonly Unknown[] = [
  {
    register: 'member',
    message: {
      vi: 'Sổ thẻ BHYT: thẻ có giá trị, còn hạn, nơi đăng ký ban đầu, mốc 5 năm liên tục, số đã cùng chi trả trong năm; họ tên, ngày sinh, giới tính khớp.',
      en: 'The register of members: whether the cards are valid, in force and registered as claimed, the five-year date, the co-pay counted this year, and that name, birth date and sex agree.',
    },
  },
  {
    register: 'facility',
    message: {
      vi: 'Sổ cơ sở khám chữa bệnh: cấp chuyên môn, hạng, điểm và hợp đồng vào ngày ra viện; vì thế cả mã đối tượng KCB đúng với cơ sở.',
      en: 'The register of facilities: level, former level, points and contract on the day the visit ended, and so whether the visit category is right for the facility.',
    },
  },
  {
    register: 'catalogue',
    message: {
      vi: 'Danh mục của cơ sở: thuốc, dịch vụ, vật tư, giường có trong danh mục vào ngày y lệnh, giá và tỷ lệ thanh toán được duyệt.',
      en: "The facility's lists: whether each drug, service, supply and bed is listed on the day it was ordered, at which price and rate.",
    },
  },
  {
    register: 'history',
    message: {
      vi: 'Các lượt khám khác của người bệnh và phiên bản trước của hồ sơ: trùng lượt, chồng ngày, thuốc còn dùng, lượt khám cùng ngày.',
      en: "The patient's other visits and earlier versions of the claim: overlaps, drugs still in supply, exams on the same day.",
    },
  },
  {
    register: 'referrals',
    message: {
      vi: 'Giấy chuyển, giấy hẹn điện tử, người hành nghề đăng ký, quan hệ giữa các dịch vụ.',
      en: 'Electronic transfer and re-visit slips, registered practitioners, and relations between techniques.',
    },
  },
]

/** What the rows handed in leave open, with what the facts of the decision took in their place. */
export function unknownTo(own: OwnRegisters, { facility }: Facts): readonly Unknown[] {
  const open = all.filter(({ register }) => !(register in own))
  const [period] = facility.kind === 'known' ? facility.value.periods : []
  if (period === undefined) return open
  const { level, formerLevel, kind, points } = period
  return open.map((one) => (one.register === 'facility' ? { ...one, assumed: { level, formerLevel, kind, points } } : one))
}
