//! Bytes per second of the time grammar over answers as VIA writes them: prose, bullets, pairs, tables, Korean, Chinese,
//! Japanese.

use divan::Bencher;
use divan::counter::BytesCount;
use viaduct::timestamps::read::read;

const PROSE: &str = "The video shows the loading area of a warehouse. There are 3 docks and about 12 workers, two of whom wear \
     yellow vests. At 0:21 a forklift enters from the left and lifts a pallet, which takes it about 4 seconds. Between 0:40 \
     and 0:55 nobody is seen. The supervisor (camera 2) walks along aisle 7 and talks to the driver of a white van.\n";
const PAIRS: &str = "<0.00> <6.50> The road is empty, with 2 lanes in each direction. <6.50> <13.25> 3 cars drive by at about \
     40 km/h. <13.25> <20.00> A truck with the number 42 on its door stops at the light.\n";
const BULLETS: &str = "- 00.01.10:00.02.05: a worker without a helmet walks under the raised fork\n- 12.0:18.5,31.2:36.0: the \
     loading door stands open\n- **00:12 - 00:47**: Two people argue at gate 3.\n";
const TABLE: &str = "| 1 | 00:12 | 00:47 | Entry of 5 people |\n| 2 | 01:05 | 01:18 | Exit through door 3 |\n";
const KOREAN: &str = "지게차가 1분 5초부터 1분 40초까지 이동하고, 3:10에 작업자가 넘어집니다. 주차장에는 차량 5대가 주차되어 있습니다.\n";
const CHINESE: &str = "从10秒到20秒，一个人站在门口。在1分30秒处，汽车停下。画面里有3个人和2辆车。\n";

const JAPANESE: &str = "0:12から0:47まで、作業員がフォークリフトの横に立っています。1分30秒に車が止まり、画面には3人と2台の車が見えます。\n";

const ANSWERS: [(&str, &str); 7] = [
    ("prose", PROSE),
    ("pairs", PAIRS),
    ("bullets", BULLETS),
    ("table", TABLE),
    ("korean", KOREAN),
    ("chinese", CHINESE),
    ("japanese", JAPANESE),
];

fn main() {
    divan::main();
}

#[divan::bench(args = ["prose", "pairs", "bullets", "table", "korean", "chinese", "japanese"], consts = [1, 10, 100])]
fn kib<const KIB: usize>(bencher: Bencher<'_, '_>, answer: &str) {
    let (_, line) = ANSWERS.iter().find(|(name, _)| *name == answer).expect("an answer of that name");
    let text = line.repeat(KIB * 1024 / line.len() + 1);
    bencher.counter(BytesCount::of_str(&text)).bench(|| read(divan::black_box(&text)));
}
