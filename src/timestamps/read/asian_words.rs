//! The words of Hangul, Han and Kana that the rules know.

use super::lexicon::Table;
use super::token::Kind::{Unit as U, Word as W};
use super::token::Word::{
    And, Approx, At, Before, Between, Day, Display, During, End, Every, First, From, Function, Half, Is, Last, Lasts,
    Later, Length, Mark, Measure, Media, Meridiem, Ordinal, Part, Ratio, Stamp, Start, Time, To, Until, Vague,
};
use super::token::{Kind, Other, Style, Unit};

/// A word that only begins like one that matters.
const OTHER: Kind = Kind::Other(Other { words: 1, capital: false });

/// A share of the media, told apart by its size.
const HALFWAY: Kind = U(Unit { size: 0, style: Style::Unknown });

const fn unit(size: u16) -> Kind {
    U(Unit { size, style: Style::Asian })
}

/// Directly behind a number.
pub(super) const COUNTED: Table = &[
    ("시간", unit(3600)),
    ("분", unit(60)),
    ("초", unit(1)),
    ("시", W(Meridiem)),
    ("년", W(Day)),
    ("월", W(Day)),
    ("일", W(Day)),
];

/// Directly behind a time.
#[rustfmt::skip]
pub(super) const PARTICLES: Table = &[
    ("부터", W(From)), ("에서부터", W(From)), ("에서", W(From)), ("까지의", W(Until)), ("까지", W(Until)),
    ("동안", W(During)), ("간격", W(During)), ("간", W(During)), ("마다", W(During)), ("짜리", W(During)),
    ("길이", W(During)), ("이내", W(During)), ("안에", W(During)), ("내에", W(During)), ("내외", W(During)),
    ("이상", W(During)), ("미만", W(During)), ("이하", W(During)), ("분량", W(During)), ("정도", W(Vague)),
    ("가량", W(Vague)), ("이후", W(Mark)), ("후", W(Later)), ("뒤", W(Later)), ("전", W(Later)), ("만에", W(During)),
    ("쯤", W(Mark)), ("경", W(Mark)), ("대", W(Mark)), ("지점", W(Mark)), ("시점", W(Mark)), ("부근", W(Mark)),
    ("즈음", W(Mark)), ("무렵", W(Mark)), ("반", W(Half)), ("에는", W(Mark)), ("에", W(Mark)), ("의", W(Ordinal)),
    ("께", W(Mark)), ("내로", W(During)),
    ("와", W(And)), ("과", W(And)), ("이고", W(Function)), ("께서", W(Measure)),
];

/// What else a unit may have behind it.
pub(super) const LOOSE: [char; 14] =
    ['가', '이', '은', '는', '을', '를', '로', '도', '만', '인', '입', '씩', '째', '여'];

/// The beginnings of words anywhere else.
#[rustfmt::skip]
pub(super) const HANGUL: Table = &[
    ("처음", W(First)), ("최초", W(First)), ("첫", W(First)), ("초반", W(Function)), ("마지막", W(Last)),
    ("시작", W(Start)), ("종료", W(End)), ("끝", W(End)), ("시간대", W(Time)), ("시간", W(Time)), ("시각", W(Time)),
    ("구간", W(Time)), ("타임스탬프", W(Stamp)), ("타임코드", W(Stamp)), ("오전", W(Meridiem)), ("오후", W(Meridiem)),
    ("새벽", W(Meridiem)), ("대략", W(Approx)), ("사이", W(Between)), ("동안", W(During)), ("매", W(Every)),
    ("길이", W(Length)), ("지속", W(Length)), ("재생시간", W(Length)), ("재생", W(Length)), ("소요", W(Length)),
    ("점수", W(Ratio)), ("스코어", W(Ratio)), ("비율", W(Ratio)), ("화면비", W(Ratio)), ("부터", W(From)),
    ("에서", W(From)), ("까지", W(Until)), ("지점", W(Mark)), ("시점", W(Mark)), ("부근", W(Mark)), ("정도", W(Vague)),
    ("가량", W(Vague)), ("이후", W(Mark)), ("후", W(Later)), ("뒤", W(Later)), ("간격", W(During)), ("이내", W(During)),
    ("마다", W(During)), ("영상", W(Media)), ("클립", W(Media)), ("동영상", W(Media)), ("비디오", W(Media)),
    ("장면", W(Part)), ("답변", W(Part)), ("정답", W(Part)), ("결과", W(Part)), ("청크", W(Part)), ("이벤트", W(Part)), ("카메라", W(Part)), ("경과", W(Vague)),
    ("총", W(Length)), ("부분", W(Mark)), ("쯤", W(Mark)), ("근처", W(Mark)), ("무렵", W(Mark)), ("분량", W(During)),
    ("이상", W(During)), ("미만", W(During)), ("이하", W(During)), ("내외", W(During)), ("하루", W(Every)), ("전화", W(Ratio)),
    ("내로", W(During)), ("및", W(And)), ("전에", W(Later)), ("후에", W(Later)), ("뒤에", W(Later)), ("정각", W(Mark)), ("즈음", W(Mark)), ("남은", W(Last)),
    ("시계", W(Display)), ("벽시계", W(Display)), ("손목시계", W(Display)), ("타이머", W(Display)), ("전광판", W(Display)),
    ("스톱워치", W(Display)), ("점수판", W(Display)), ("계기판", W(Display)), ("시계방향", W(Function)), ("시계 방향", W(Function)),
    ("안에", W(During)), ("내에", W(During)), ("만에", W(During)), ("월요일", W(Day)), ("화요일", W(Day)), ("수요일", W(Day)), ("목요일", W(Day)),
    ("평일", W(Day)), ("오늘", W(Day)), ("매일", W(Day)),
    ("절반", HALFWAY), ("중반", HALFWAY), ("사이렌", OTHER), ("사이드", OTHER), ("사이클", OTHER), ("사이트", OTHER), ("이상한", OTHER), ("이상하", OTHER),
    ("금요일", W(Day)), ("토요일", W(Day)), ("일요일", W(Day)),
];

/// Anywhere in Chinese and Japanese.
#[rustfmt::skip]
pub(super) const HAN: Table = &[
    ("小时", unit(3600)), ("小時", unit(3600)), ("時間", unit(3600)), ("分钟", unit(60)), ("分鐘", unit(60)),
    ("秒钟", unit(1)), ("秒鐘", unit(1)), ("秒", unit(1)), ("分", unit(60)),
    ("时", unit(3600)), ("時", unit(3600)), ("点", W(Meridiem)), ("點", W(Meridiem)),
    ("から", W(From)), ("まで", W(Until)), ("ごろ", W(Mark)), ("頃", W(Mark)), ("あたり", W(Mark)), ("付近", W(Mark)),
    ("地点", W(Mark)), ("時点", W(Mark)), ("处", W(Mark)), ("處", W(Mark)), ("左右", W(Mark)), ("ごと", W(During)),
    ("每隔", W(Every)), ("毎", W(Every)), ("每", W(Every)), ("おき", W(During)), ("之间", W(Between)), ("之間", W(Between)),
    ("の間", W(Between)), ("间", W(During)), ("間", W(During)), ("间隔", W(During)), ("間隔", W(During)),
    ("之后", W(Later)), ("之後", W(Later)), ("以后", W(Later)), ("以後", W(Later)), ("后", W(Later)), ("後", W(Later)),
    ("前", W(Before)), ("最初", W(First)), ("最后", W(Last)), ("最後", W(Last)), ("从", W(From)), ("從", W(From)),
    ("自", W(From)), ("由", W(From)), ("到", W(To)), ("至", W(To)), ("为", W(Is)), ("為", W(Is)), ("は", W(Is)), ("是", W(Is)), ("和", W(And)), ("与", W(And)), ("與", W(And)),
    ("と", W(And)), ("在", W(At)), ("第", W(At)), ("于", W(At)), ("於", W(At)), ("に", W(At)), ("约", W(Approx)), ("約", W(Approx)),
    ("大约", W(Approx)), ("大約", W(Approx)), ("持续", W(Lasts)), ("持續", W(Lasts)), ("持続", W(Lasts)),
    ("历时", W(Lasts)), ("歷時", W(Lasts)), ("时长", W(Length)), ("時長", W(Length)), ("长度", W(Length)),
    ("長さ", W(Length)), ("长", W(Length)), ("開始", W(Start)), ("开始", W(Start)), ("起始", W(Start)),
    ("结束", W(End)), ("結束", W(End)), ("終了", W(End)), ("终止", W(End)), ("时间", W(Time)), ("区间", W(Time)),
    ("時刻", W(Time)), ("区間", W(Time)), ("タイムスタンプ", W(Stamp)), ("时间戳", W(Stamp)), ("時間戳", W(Stamp)),
    ("上午", W(Meridiem)), ("下午", W(Meridiem)), ("午前", W(Meridiem)), ("午後", W(Meridiem)), ("晚上", W(Meridiem)),
    ("年", W(Day)), ("月", W(Day)), ("日", W(Day)), ("半", W(Half)), ("場面", W(Part)), ("场景", W(Part)),
    ("片段", W(Part)), ("视频", W(Media)), ("視頻", W(Media)), ("動画", W(Media)), ("影片", W(Media)), ("映像", W(Media)),
    ("摄像头", W(Part)), ("カメラ", W(Part)), ("得分", W(Ratio)), ("得了", W(Ratio)), ("满分", W(Ratio)), ("得", W(Ratio)), ("比分", W(Ratio)), ("比例", W(Ratio)), ("の", W(Ordinal)),
    ("之", W(Ordinal)), ("程度", W(Vague)), ("后来", W(Function)), ("了", W(Function)), ("等待", W(Lasts)), ("等了", W(Lasts)), ("停留", W(Lasts)),
    ("停了", W(Lasts)), ("花了", W(Lasts)), ("用了", W(Lasts)), ("耗时", W(Lasts)), ("耗時", W(Lasts)), ("用时", W(Lasts)), ("用時", W(Lasts)),
    ("需时", W(Lasts)), ("只需", W(Lasts)), ("仅需", W(Lasts)), ("花费", W(Lasts)), ("花費", W(Lasts)), ("休息", W(Lasts)), ("需要", W(Lasts)), ("长达", W(Lasts)), ("長達", W(Lasts)),
    ("持续时间", W(Length)), ("持續時間", W(Length)), ("持続時間", W(Length)), ("待", W(During)), ("的", W(Ordinal)),
    ("答案", W(Part)), ("答え", W(Part)), ("事件", W(Part)), ("镜头", W(Part)), ("阶段", W(Part)), ("シーン", W(Part)), ("イベント", W(Part)), ("チャンク", W(Part)),
    ("点数", W(Ratio)), ("成绩", W(Ratio)), ("成績", W(Ratio)), ("评分", W(Ratio)), ("評分", W(Ratio)),
    ("全体", W(Length)), ("全部", W(Length)), ("合計", W(Length)), ("合计", W(Length)), ("总共", W(Length)), ("總共", W(Length)),
    ("一共", W(Length)), ("附近", W(Mark)), ("以及", W(And)), ("之内", W(During)), ("之內", W(During)), ("および", W(And)), ("及び", W(And)), ("时候", W(Mark)), ("時候", W(Mark)), ("时刻", W(Time)), ("时间点", W(Time)), ("全程", W(Length)), ("总计", W(Length)), ("全长", W(Length)), ("全長", W(Length)),
    ("以内", W(During)), ("以內", W(During)), ("以上", W(During)), ("以下", W(During)), ("未満", W(During)),
    ("未满", W(During)), ("不到", W(Lasts)), ("超过", W(Lasts)), ("超過", W(Lasts)), ("至少", W(Lasts)),
    ("最多", W(Lasts)), ("最长", W(Lasts)), ("最短", W(Lasts)),
    ("ほど", W(Vague)), ("くらい", W(Vague)), ("ぐらい", W(Vague)), ("過ぎ", W(Mark)), ("残り", W(Last)),
    ("还剩", W(Last)), ("還剩", W(Last)), ("仅剩", W(Last)), ("只剩", W(Last)), ("剩余", W(Last)), ("剩餘", W(Last)), ("剩下", W(Last)),
    ("時計", W(Display)), ("時計回り", W(Function)), ("タイマー", W(Display)), ("ストップウォッチ", W(Display)),
    ("スコアボード", W(Display)), ("时钟", W(Display)), ("時鐘", W(Display)), ("时针", W(Display)), ("手表", W(Display)), ("手錶", W(Display)),
    ("计时器", W(Display)), ("計時器", W(Display)), ("秒表", W(Display)), ("倒计时", W(Display)), ("倒計時", W(Display)),
    ("电话", W(Ratio)), ("電話", W(Ratio)), ("スコア", W(Ratio)), ("比率", W(Ratio)), ("过后", W(Later)), ("過後", W(Later)),
];
