import { html } from 'hono/html'
import { page } from './page.ts'

const places: readonly (readonly [href: string, vi: string, en: string])[] = [
  ['/docs', 'Tài liệu API: gửi hồ sơ, xem kết quả, chạy thử, huỷ.', 'The API: file, read, dry-run, void.'],
  ['/openapi.json', 'Mô tả API cho máy đọc (OpenAPI 3.1).', 'The same for machines (OpenAPI 3.1).'],
  ['/problems', 'Mã lỗi: nghĩa và việc cần làm.', 'Refusals: what each means and what to do.'],
  ['/kiosk', 'Kiosk tiếp đón cho người bệnh (cần đăng nhập).', 'The kiosk where patients check in (behind a sign-in).'],
  ['/reception', 'Bàn tiếp đón: các lượt trong ngày (cần đăng nhập).', "The reception: the day's check-ins (behind a sign-in)."],
  ['/readyz', 'Cổng có sẵn sàng nhận việc không, và vì sao không.', 'Whether the gateway can do its work, and why not.'],
  [
    '/metrics',
    'Số đo cho Prometheus (ở cổng riêng khi vận hành thật).',
    'Numbers for Prometheus (on a port of its own in production).',
  ],
]

/** `/`: what is here. */
export function homePage(): string {
  return page(
    'Trang đầu · Home',
    html`<h1>Cổng giám định BHYT</h1>
      <p>Bệnh viện gửi hồ sơ khám chữa bệnh bảo hiểm y tế theo định dạng quốc gia và nhận quyết định, kèm lý do cho từng đồng, trong vài giây.</p>
      <p lang="en">BHYT Gateway: a hospital files a health-insurance claim in the national format and gets the decision, with the reason for each đồng, within seconds.</p>
      <dl>${places.map(([href, vi, en]) => html`<dt><a href="${href}">${href}</a></dt><dd>${vi} <span lang="en">${en}</span></dd>`)}</dl>`,
  )
}
