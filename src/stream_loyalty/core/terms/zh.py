"""The phrases of the terms in Chinese (simplified)."""

from __future__ import annotations

from types import MappingProxyType

_WEEKDAYS = (
    ("monday", "星期一"),
    ("tuesday", "星期二"),
    ("wednesday", "星期三"),
    ("thursday", "星期四"),
    ("friday", "星期五"),
    ("saturday", "星期六"),
    ("sunday", "星期日"),
)
_CURRENCIES = (
    *(("CNY", "元"), ("USD", "美元"), ("EUR", "欧元"), ("GBP", "英镑"), ("HKD", "港元"), ("MOP", "澳门元")),
    *(("TWD", "新台币"), ("JPY", "日元"), ("KRW", "韩元"), ("SGD", "新加坡元"), ("MYR", "林吉特"), ("THB", "泰铢")),
    *(("VND", "越南盾"), ("IDR", "印尼盾"), ("PHP", "菲律宾比索"), ("INR", "印度卢比"), ("AUD", "澳元")),
    *(("NZD", "新西兰元"), ("CAD", "加元"), ("CHF", "瑞士法郎"), ("RUB", "卢布"), ("SEK", "瑞典克朗")),
)
_ZONES = (
    *(("UTC", "协调世界时"), ("Asia/Shanghai", "北京时间"), ("Asia/Hong_Kong", "香港时间"), ("Asia/Macau", "澳门时间")),
    *(
        ("Asia/Taipei", "台北时间"),
        ("Asia/Tokyo", "东京时间"),
        ("Asia/Seoul", "首尔时间"),
        ("Asia/Singapore", "新加坡时间"),
    ),
    *(("Europe/London", "伦敦时间"), ("Europe/Paris", "巴黎时间"), ("Europe/Berlin", "柏林时间")),
    *(("America/New_York", "纽约时间"), ("America/Los_Angeles", "洛杉矶时间"), ("Australia/Sydney", "悉尼时间")),
)

PHRASES = MappingProxyType(
    {f"month.{number}": str(number) for number in range(1, 13)}
    | {f"weekday.{name}": chinese for name, chinese in _WEEKDAYS}
    | {f"currency.{code}": chinese for code, chinese in _CURRENCIES}
    | {f"zone.{name}": chinese for name, chinese in _ZONES}
    | {
        "currency-name.CNY": "人民币",
        "title": "{name} 会员条款",
        "scope": "第 {version} 版，自 {date}起生效。日期和时间以{zone}为准，金额以{currency}计算。",
        "zone": " {name} 时区",
        "date": "{year} 年 {month} 月 {day} 日",
        "money": "{amount} {currency}",
        "comma": "、",
        "and": "及",
        "also": "，且",
        "or": "或",
        "any": "、",
        "gap": "",
        "semicolon": "；",
        "stop": "。",
        "named": "**{name}**：{what}",
        "days.one": "{number} 天",
        "days.other": "{number} 天",
        "hours.one": "{number} 小时",
        "hours.other": "{number} 小时",
        "points-of": "{points}（计入「{wallet}」）",
        "points.one": "{number} 积分",
        "points.other": "{number} 积分",
        "truth.True": "是",
        "truth.False": "否",
        # conditions
        "if.level.is": "会员等级为{value}",
        "if.band.is": "会员阶段为{value}",
        "if.high_value.yes": "您属于高价值会员",
        "if.high_value.no": "您不属于高价值会员",
        "if.channel.is": "通过「{value}」渠道下单",
        "if.coupon.is": "使用优惠券「{value}」",
        "if.currency.is": "以{value}付款",
        "if.basket.is": "订单中可积分的金额（不计零头）为 {value}",
        "if.basket.at_least": "订单中可积分的金额满 {value}",
        "if.basket.below": "订单中可积分的金额低于 {value}",
        "if.items.is": "订单商品为 {value} 件",
        "if.items.at_least": "订单商品不少于 {value} 件",
        "if.items.below": "订单商品少于 {value} 件",
        "if.first_purchase.yes": "首次购买",
        "if.first_purchase.no": "非首次购买",
        "if.orders.is": "此前的订单数为 {value}",
        "if.orders.at_least": "此前的订单数不少于 {value}",
        "if.orders.below": "此前的订单数少于 {value}",
        "if.weekday.is": "在{value}下单",
        "if.other.is": "{fact} 为 {value}",
        "if.other.at_least": "{fact} 不低于 {value}",
        "if.other.below": "{fact} 低于 {value}",
        # earning
        "earning": "如何获得积分",
        "earning.base": (
            "积分按折扣后的商品金额计算。税费、运费、购买礼品卡的金额以及用积分抵扣的部分不产生积分。"
            "仅有总额而无商品明细的订单，按总额计算。"
        ),
        "earning.base-cards": (
            "积分按折扣后的商品金额计算。税费、运费以及用积分抵扣的部分不产生积分。"
            "仅有总额而无商品明细的订单，按总额计算。"
        ),
        "earning.rates": "以{currencies}支付的订单按下单当日的计划汇率折算；以其他币种支付的订单不产生积分。",
        "earning.one-currency": "仅以{currency}支付的订单产生积分。",
        "earning.none": "购物不产生积分。",
        "earning.guests": "以游客身份所下的订单暂不产生积分；{days}内确认为您本人所下的，按下单当日计积分。",
        "wallet.spendable": "{name}：可兑换的积分",
        "wallet.status": "{name}：体现会员身份的积分",
        "wallet.partner": "{name}：与合作伙伴通用的积分",
        "rule.per-unit": "每消费 {money}，获得 {points}",
        "rule.points": "每笔订单获得 {points}",
        "rule.multiplier": "按前述规则所得积分的 {times} 倍计算",
        "rule.products": "仅限以下商品：{names}",
        "rule.categories": "仅限以下品类的商品：{names}",
        "rule.brands": "仅限以下品牌的商品：{names}",
        "rule.if": "条件：{conditions}",
        "rule.between": "活动时间：{since}至 {until}（含首尾两日）",
        "rule.from": "自 {since}起",
        "rule.until": "至 {until}止（含当日）",
        "rule.hours": "限每天 {since} 至 {until}（不含）之间的订单",
        "rule.most": "本规则每笔订单最多 {points}",
        "rule.budget": "活动积分总量为 {points}，送完为止（剩余积分不足一笔订单所得时，该订单不参与）",
        "rule.group": "标为「{group}」的规则不叠加，取其中积分最多的一条",
        "rounding.down": "每条规则的积分按每笔订单向下取整。",
        "rounding.half-up": "每条规则的积分按每笔订单四舍五入取整。",
        "rounding.up": "每条规则的积分按每笔订单向上取整。",
        "wallet.least": "凡能产生积分的订单，至少获得 {points}。",
        "wallet.most-per-order": "每笔订单最多获得 {points}。",
        "wallet.most-per-day": "每天最多获得 {points}。",
        "multipliers.add": "同时符合多个倍数活动时，各自多得的积分累计相加。",
        "multipliers.best": "同时符合多个倍数活动时，不叠加，取积分最多的一个。",
        # activities
        "activities": "参与互动获得积分",
        "activities.at-once": "此类积分立即到账，有效期与当日订单的积分相同。",
        "activities.most-per-day": (
            "「{wallet}」每天最多获得 {points}，购物与互动合并计算；剩余额度不足以全额发放的，该次互动不获得积分。"
        ),
        "activity.points": "{what}，获得 {points}",
        "activity.wallet": "计入「{wallet}」",
        "activity.in-all": "共 {times}",
        "activity.within": "{days}内最多 {times}",
        "activity.customers": "限有订单的会员",
        # spending
        "spending": "积分何时可用",
        "spending.status": "此类积分仅体现会员身份，不能兑换。",
        "spending.at-once": "订单入账后即可使用。",
        "spending.after": "下单 {days}后可以使用。",
        "spending.on-delivery": "订单的全部包裹签收后可以使用。",
        "spending.after-delivery": "订单的全部包裹签收 {days}后可以使用。",
        "spending.value": "1 积分按 {money}入账；积分不能兑换现金。",
        # expiry
        "expiry": "积分何时过期",
        "expiry.never": "积分长期有效。",
        "expiry.days": "每笔订单的积分自下单起 {days}后过期；使用时先扣除最早到期的积分。",
        "expiry.inactive": "连续 {days}既无订单也无兑换的，全部积分过期。",
        "expiry.inactive-at-all": "连续 {days}既无订单、无兑换，也未通过互动获得积分的，全部积分过期。",
        "expiry.on-next": "积分在下单之后最近的 {date}（含下单当日）结束时过期；使用时先扣除最早到期的积分。",
        "expiry.on-later": "积分在自下单当日起的第 {years} 个 {date}结束时过期；使用时先扣除最早到期的积分。",
        "month-day": "{month} 月 {day} 日",
        # catalog
        "catalog": "积分可以兑换什么",
        "catalog.head": "| 礼遇 | 所需积分 | 内容 | 适用对象与时间 |\n|---|---:|---|---|",
        "catalog.row": "| {name} | {points} | {what} | {terms} |",
        "catalog.everyone": "全体会员",
        "catalog.stock": "共 {stock} 份，兑完为止",
        "catalog.wallet": "以「{wallet}」兑换",
        "kind.voucher": "代金券",
        "kind.discount": "折扣",
        "kind.gift": "礼品",
        "kind.donation": "公益捐赠",
        "kind.collectible": "数字藏品",
        "catalog.worth": "{kind}，价值 {money}",
        "catalog.free": "结账时也可以直接使用积分，不必选择礼遇。",
        "catalog.checkout": "结账时可以直接使用积分。",
        "catalog.only": "积分仅可兑换上述礼遇。",
        "catalog.at-once": "兑换后，积分立即扣除。",
        "catalog.confirm": "兑换时，所需积分先行冻结；{hours}内未获确认的，尚未过期的积分退还给您。",
        # stages
        "stages": "会员阶段",
        "stages.first": "自首次购买之日起。",
        "stages.from": "自首次购买后第 {day} 天起。",
        "stages.top": "高价值会员是指累计订单金额居前 {percent}% 的客户。",
        "stages.high-value": "高价值会员是指累计订单金额居前的客户。",
        # levels
        "levels": "会员等级",
        "levels.head": "| 等级 | 条件 |\n|---|---|",
        "levels.row": "| {name} | {what} |",
        "levels.all": "全体会员",
        "levels.spend": "{days}内消费满 {money}",
        "levels.points": "{days}内获得 {points}",
        "levels.orders": "{days}内 {count} 个订单",
        "levels.up-points": "最近 {days}获得的积分达到条件后立即升级；已收回的积分不计入。",
        "levels.spent": "已使用或已过期的积分仍然计入。",
        "levels.held": "购物获得的积分在使用或过期后仍然计入；以其他方式获得的积分仅在持有期间计入。",
        "levels.fast-track": "{days}内完成 {orders} 个订单，即可直接升至「{level}」。",
        "levels.gift": "首次升至「{level}」，赠送 {points}。",
        "levels.gifts": (
            "一次升多级的，仅赠送所达到等级的积分。赠送的积分立即可用，有效期与当日订单的积分相同。"
        ),
        "levels.grace": "未达到条件的，等级再保留 {days}，您可以在此期间补足。",
        "levels.one-step": "每次最多降一级。",
        "levels.freeze": "如您一段时间内无法购物（例如休产假），请告知我们，等级评定可推迟最长 {days}。",
        "levels.up-spend": (
            "最近 {days}的订单金额达到条件后立即升级。订单金额按总额（含税费和运费）扣除退款后计算；"
            "以不产生积分的币种支付的订单不计入。"
        ),
        "levels.up-orders": "最近 {days}的订单数达到条件后立即升级；已退货的订单不计入。",
        "levels.holds-spend": (
            "等级自达到或续期之日起保留 {days}。期满后按最近的订单金额重新评定：达到条件的保留，否则调整为相应的等级。"
        ),
        "levels.holds-orders": (
            "等级自达到或续期之日起保留 {days}。期满后按最近的订单数重新评定：达到条件的保留，否则调整为相应的等级。"
        ),
        "levels.holds-points": (
            "等级自达到或续期之日起保留 {days}。期满后按最近获得的积分重新评定：达到条件的保留，否则调整为相应的等级。"
        ),
        # benefits
        "benefits": "会员礼遇",
        "benefits.basic": "有订单的全体会员",
        "benefits.level": "会员等级为{levels}",
        "benefits.scene": "{days}内{what}满 {times}",
        "benefits.year": "每个自然年 {times}",
        "benefits.month": "每个自然月 {times}",
        "benefits.never": "共 {times}",
        "times.one": "{number} 次",
        "times.other": "{number} 次",
        "did.Checked In": "签到",
        "did.Product Shared": "分享商品",
        "did.Content Published": "发布相关内容",
        "did.Content Featured": "内容入选推荐",
        "did.Challenge Joined": "参加挑战",
        "did.Friend Invited": "邀请好友",
        "did.Item Recycled": "参与回收",
        "did.Vote Cast": "参与投票",
        "did.Community Joined": "加入社群",
        "did.Session Attended": "参加活动",
        "did.Product Reviewed": "评价商品",
        "did.NPS Answered": "回答是否愿意推荐我们",
        "did.Profile Updated": "告知生日",
        "benefits.birthday": (
            "有订单的会员生日当天可获得 {points}，每个自然年一次；立即可用，有效期与当日订单的积分相同。"
            "请告知我们您的生日：我们只保存月和日，不保存年份。"
        ),
        # refunds
        "refunds": "退货与退款",
        "refunds.taken": "订单全部或部分退货时，按相应比例收回该订单产生的积分；其中已过期的积分不再重复收回。",
        "refunds.debt": "如果这些积分已经使用，则从您之后获得的积分中抵扣，您无需为此付款。",
        "refunds.spent": "退货订单中您使用的积分按相应比例退还给您，原有效期不变。",
        "refunds.grace": "退货订单中您使用的积分按相应比例退还给您，原有效期不变，且至少再保留 {days}。",
        "refunds.level": "由该订单带来的等级随退货取消，此前已有的等级不受影响。",
        "refunds.gift": "因该等级获赠的积分一并收回；再次升至该等级时重新赠送。",
        "refunds.level-kept": "等级保留至下次评定。",
        # privacy
        "privacy": "您的数据与权利",
        "privacy.purposes": "以下用途，我们分别征求您的同意：{purposes}。",
        "privacy.granted": "在您就营销信息作出选择之前，我们默认可以与您联系；您可以随时拒绝。",
        "privacy.asked": "未经您同意，我们不会向您发送营销信息。",
        "privacy.withdraw": "您可以随时撤回同意，积分和等级不会因此受到影响。",
        "privacy.profile": (
            "我们会根据您的订单估计您是否可能不再购买，以便了解原因并提供优惠。您获得的积分不取决于这一估计。"
        ),
        "privacy.scores": (
            "我们会根据您最近一次购买的时间、购买次数和金额以及您参与互动的情况进行评分。您获得的积分不取决于这些评分。"
        ),
        "privacy.cycles": "我们会根据您的订单估计您经常购买的商品何时用完，以便提醒您。",
        "privacy.rights": (
            "您可以查阅我们保存的您的个人信息，要求更正、获取副本或删除。删除后，您的会员资格和积分随之终止。"
        ),
        "privacy.why": "对于每一笔订单，您都可以询问积分是如何计算的，或者为什么没有积分。",
        "purpose.marketing": "发送优惠信息",
        "purpose.profiling": "分析您的喜好",
        "purpose.sharing": "与合作伙伴共享数据",
        # changes
        "changes": "条款的变更",
        "changes.ahead": "新条款只在未来的日期生效，不溯及既往：订单适用下单当日的条款。",
        "changes.inactive": "仅有积分因长期无活动而过期的期限例外：以现行条款为准，对您已有的积分同样适用。",
        "changes.keep": "您的等级保留至下次评定。",
        "changes.review": "新条款生效当日，将重新评定您的等级。",
    }
)  # fmt: skip
