// The page's own words in English and Chinese, and the graph's words for predicates and categories.

import { CATEGORIES, PREDICATES, SYMMETRIC } from "./words.js";

const KEPT = "kgmed.language";
export const LANGUAGES = { en: "English", zh: "中文" };

export const TEXTS = {
  ask: ["Ask", "提问"], concepts: ["Concepts", "概念"], paths: ["Paths", "路径"],
  verify: ["Verify", "核查"], interactions: ["Interactions", "相互作用"], graph: ["Graph", "图谱"],
  about: ["About", "关于"], views: ["Views", "视图"], skip: ["Skip to content", "跳到正文"],
  language: ["Language of the page", "界面语言"],
  notice: ["kgmed reports what its sources state. It is not medical advice.",
    "kgmed 只转述其来源所载内容，不构成医疗建议。"],
  snapshot: ["Snapshot {0}", "快照 {0}"], api: ["REST documentation", "REST 文档"],

  ask_title: ["What do the sources say?", "来源怎么说？"],
  ask_about: ["Each line of an answer cites the statement it rests on. Where no source says anything, there is no answer.",
    "答案的每一行都引用其依据的陈述。来源未载明之处，不作回答。"],
  question: ["Question, in English or Chinese", "问题（中文或英文）"],
  ask_button: ["Ask", "提问"], examples: ["Examples", "示例"],
  form_list: ["list", "列表"], form_yes_no: ["yes or no", "是否"], form_path: ["mechanism", "机制"],
  form_reverse: ["reverse", "反查"], form_define: ["definition", "定义"], form_pairwise: ["pairs of a list", "成对核对"],
  asking: ["Asking the graph", "正在查询"], drafting: ["The model is writing; this is a draft", "模型正在撰写，以下为草稿"],
  again: ["A sentence was refuted: the model writes again", "有句子被反驳，模型正在重写"],
  no_answer: ["No answer", "无答案"], answer_yes: ["Yes", "是"], answer_no: ["No", "否"],
  read_as: ["read as", "理解为"], by: ["by {0}", "由 {0} 回答"], by_graph: ["by the graph alone", "仅由图谱回答"],
  ms: ["{0} ms", "{0} 毫秒"], statements_cited: ["{0} statements cited", "引用 {0} 条陈述"],
  graph_alone: ["Ask the graph alone", "仅询问图谱"],
  name: ["Name", "名称"], severity: ["Severity", "严重程度"], statement: ["Statement", "陈述"],
  source: ["Source", "来源"], listed: ["{0} listed", "共列出 {0} 项"], filter: ["Filter by name", "按名称筛选"],
  more: ["Show {0} more of {1}", "再显示 {0} 项（剩余 {1} 项）"], left_out: ["{0} more are left out by the server's limit.", "因服务器限制，另有 {0} 项未给出。"],
  withheld: ["{0} statements of {1} ({2}) bear on this and may not leave the server.", "{1}（{2}）另有 {0} 条相关陈述，因许可不能离开服务器。"],
  claims: ["Claims and verdicts", "断言与结论"], references: ["Statements cited", "所引陈述"],
  evidence: ["Evidence as a graph", "证据图"], trace: ["How the answer came about", "答案的产生过程"],
  removed: ["{0} sentences were removed because the graph refutes them.", "{0} 个句子因被图谱反驳而删除。"],
  cite: ["Statement {0}: {1}", "陈述 {0}：{1}"],

  SUPPORTED: ["Supported", "有依据"], REFUTED: ["Refuted", "被反驳"],
  UNSUPPORTED: ["Not stated", "未载明"], NOT_COVERED: ["Not covered", "未覆盖"],
  SUPPORTED_about: ["a source states it, or it follows from what sources state", "来源载明，或由来源所载推出"],
  REFUTED_about: ["a source states the contrary", "来源载明相反内容"],
  UNSUPPORTED_about: ["a source covers this and doesn't state it; no evidence that it is untrue", "来源涉及此类内容但未载明；不能据此认为不实"],
  NOT_COVERED_about: ["no source here covers this", "现有来源均未涉及"],
  nearest_paths: ["Nearest paths, no proof", "最近的路径（并非证明）"],
  plausibility_about: ["A plausibility is a probability in a mixture of which {0} is true and the rest are as common and probably false. It changes no verdict.", "可能性是在真陈述占{0}、其余同样常见而很可能为假的混合中的概率，不影响任何结论。"],
  claim_n: ["Claim {0}: {1}", "断言 {0}：{1}"], rule: ["Rule", "规则"], confidence: ["least confidence {0}", "最低置信度 {0}"],
  against: ["What speaks against it", "相反证据"], conflict: ["Sources disagree", "来源不一致"],
  may_be: ["could also be", "也可能是"], not: ["not", "并非"], premises: ["Taken for granted", "前提"],

  verify_title: ["Check a text against the graph", "用图谱核查文本"],
  verify_about: ["Each claim gets a verdict that follows by rules from statements, with its proof. What isn't listed is neither confirmed nor denied. The text goes to this server alone, and not into the address.",
    "每条断言都依规则由陈述得出结论，并附证明。未列出的内容既不肯定也不否定。文本只发送到本服务器，不写入网址。"],
  text: ["Text, in English or Chinese", "文本（中文或英文）"], verify_button: ["Verify", "核查"],
  verifying: ["Checking", "正在核查"], no_claims: ["No claims found", "未发现断言"],
  no_claims_about: ["The text names no two concepts with a relation that the graph knows.", "文本中没有图谱认识的概念关系。"],
  skipped: ["Sentences not checked", "未核查的句子"], marked: ["The text with its claims", "标注后的文本"],
  copy_link: ["Copy a link with this text", "复制含文本的链接"], copied: ["Copied", "已复制"],
  characters: ["{0} characters", "{0} 个字符"], characters_of: ["{0} of at most {1} characters", "{0} 个字符，最多 {1} 个"],

  paths_title: ["How two concepts are connected", "两个概念如何关联"],
  start: ["From", "起点"], end: ["To", "终点"], hops: ["At most steps", "最多步数"], find: ["Find paths", "查找路径"],
  swap: ["Swap", "互换"], order: ["Order", "排序"], order_default: ["usual", "默认"], order_learned: ["by the model “{0}”", "按模型“{0}”"],
  finding: ["Looking for paths", "正在查找"], no_path: ["No path", "没有路径"],
  no_path_about: ["The graph holds no path of at most {0} steps between these. That says nothing about whether they are related.", "图谱中两者间没有不超过 {0} 步的路径。这不说明两者无关。"],
  path_n: ["Path {0}", "路径 {0}"], curated: ["stated as a whole by its source ({0})", "来源完整载明（{0}）"], against_way: ["read backwards", "逆向"],

  inter_title: ["Interactions within a list of drugs", "药物列表中的相互作用"],
  inter_about: ["Every pair is looked up. A pair that isn't listed is no evidence of safety: the sources may not cover it.",
    "逐对查询。未列出的配对不能说明其安全：来源可能并未涉及。"],
  drugs: ["Drugs, one a line or separated by commas", "药物（每行一个，或用逗号分隔）"], check: ["Check pairs", "核对配对"],
  pair: ["Pair", "配对"], is_listed: ["Listed", "已列出"], not_listed: ["Not listed", "未列出"],
  not_listed_about: ["Not listed in {0}. That is no evidence of safety.", "在 {0} 中未列出。这不是安全的证据。"],
  not_listed_any: ["Not listed. That is no evidence of safety.", "未列出。这不是安全的证据。"],
  pairs_listed: ["{0} of {1} pairs are listed as interacting", "{1} 对中有 {0} 对被列为相互作用"],
  unread: ["No concept has this name, so nothing was looked up for it: {0}", "没有概念使用此名称，因此未作查询：{0}"],
  two_drugs: ["Write at least two drugs.", "请至少填写两种药物。"],

  search_title: ["Find a concept", "查找概念"], search_label: ["Name, beginning of a name, or id", "名称、名称开头或标识符"], search_button: ["Search", "搜索"],
  search_about: ["{0} concepts with {1} names in English and Chinese.", "{0} 个概念，{1} 个中英文名称。"],
  no_hits: ["Nothing found", "未找到"], no_hits_about: ["No name of the graph begins with “{0}” or holds its words.", "图谱中没有以“{0}”开头或包含其词语的名称。"],
  hits: ["{0} found", "找到 {0} 个"], statements_n: ["{0} statements", "{0} 条陈述"],
  names: ["Names", "名称"], ids: ["Identifiers", "标识符"], mappings: ["Mappings", "映射"], statements: ["Statements", "陈述"],
  sources: ["Sources", "来源"], licence: ["Licence", "许可"], release: ["Release", "版本"], category: ["Category", "类别"],
  why: ["Why?", "为何？"], why_title: ["Why {0} and {1} are one concept", "为何 {0} 与 {1} 是同一概念"], why_same: ["These mappings lead from one to the other:", "以下映射将两者相连："],
  why_not: ["They are not one concept here. Mappings between them that were not taken:", "此处两者不是同一概念。未被采纳的映射："],
  why_leader: ["This id leads the concept.", "此标识符为该概念的主标识符。"], no_mapping: ["No mapping is needed: a source gives both.", "无需映射：来源同时给出两者。"],
  as_subject: ["{0} …", "{0} …"], as_object: ["… {0} this", "… {0} 此概念"], draw: ["Draw its neighbourhood", "绘制邻域图"], paths_from: ["Paths from here", "由此查找路径"],
  no_statements: ["The graph holds no statements at this concept.", "图谱中没有关于此概念的陈述。"], all_sources: ["All sources", "全部来源"],
  first_counted: ["There are too many to count by predicate; these are of the first.", "数量过多，此处仅统计前一部分。"],
  status_merged: ["joined", "已合并"], status_refused: ["refused", "已拒绝"], status_negative: ["negative", "否定"], status_related: ["related", "相关"],

  close: ["Close", "关闭"], open_statement: ["Open on its own", "单独打开"], statement_title: ["A statement", "一条陈述"],
  qualifiers: ["Qualifiers", "限定"], record: ["Source record", "来源记录"], publications: ["Publications", "文献"], wording: ["Source's words", "来源原文"],
  original: ["As the source has it", "来源中的写法"], level: ["Knowledge", "知识类型"], retracted: ["Retracted", "已撤回"], value: ["Value", "值"], via: ["via {0}", "经由 {0}"],
  negated: ["The source states that this does not hold.", "来源载明此关系不成立。"],

  graph_title: ["Evidence graph", "证据图谱"], graph_add: ["Add a concept", "添加概念"], add: ["Add", "添加"], expand: ["Expand", "展开"], remove: ["Remove", "移除"], open: ["Open", "打开"], layout: ["Re-layout", "重新布局"],
  fit: ["Fit", "适应窗口"], nothing_chosen: ["Choose a node: arrow keys or click", "用方向键或点击选择节点"], predicates: ["Predicates", "谓词"],
  as_list: ["The same as a list", "以列表显示"], drawn: ["{0} of {1} statements drawn", "已绘制 {1} 条陈述中的 {0} 条"], draw_more: ["Draw {0} more", "再绘制 {0} 条"],
  graph_help: ["Graph of statements. Arrow keys choose a node, Enter expands it, O opens it, Delete removes it, plus and minus zoom, 0 fits all. The list below holds the same.",
    "陈述图。方向键选择节点，回车展开，O 打开，Delete 移除，加减号缩放，0 适应窗口。下方列表内容相同。"],
  added: ["{0} statements added to {1}", "为 {1} 添加了 {0} 条陈述"], nothing_more: ["Nothing more at {0}", "{0} 没有更多陈述"], was_removed: ["{0} removed", "已移除 {0}"], empty_graph: ["Nothing to draw", "没有可绘制的内容"], empty_graph_about: ["Add a concept by name or id.", "请按名称或标识符添加概念。"],
  chosen: ["{0}, {1}, {2} statements here", "{0}，{1}，此处 {2} 条陈述"],

  about_title: ["The graph and its licences", "图谱及其许可"], created: ["Created", "创建时间"], about_concepts: ["Concepts", "概念"], about_names: ["Names", "名称"], about_statements: ["Statements", "陈述"], about_mappings: ["Mappings", "映射"], about_paths: ["Curated paths", "人工整理的路径"], hash: ["Snapshot", "快照"], uri: ["Graph", "图谱"], overlay: ["Overlay", "覆盖层"], attribution: ["Attribution", "署名"],
  by_licence: ["Statements by licence", "按许可统计的陈述"], by_predicate: ["Statements by predicate", "按谓词统计的陈述"], by_category: ["Concepts by category", "按类别统计的概念"], libraries: ["Libraries of this page", "本页所用的库"], library_about: ["draws the graph; MIT licence", "绘制图谱；MIT 许可"],

  problem_gone: ["The server can't be reached", "无法连接服务器"], problem_gone_about: ["It may have been stopped, or the network is down. Nothing is lost: what you typed is still here.", "服务器可能已停止，或网络中断。已输入的内容仍然保留。"],
  problem_not_found: ["Not in this graph", "图谱中没有"], problem_bad_request: ["This can't be asked so", "无法这样查询"], problem_too_large: ["Too long", "内容过长"], problem_too_many: ["Too many requests", "请求过多"], problem_too_many_about: ["The server takes only so many at a time. Try again in {0} s.", "服务器限制请求频率，请在 {0} 秒后重试。"],
  problem_too_long: ["It took too long", "查询超时"], problem_too_long_about: ["The server stopped this query at its time limit. Ask for less, or try again.", "查询因超过时限而被中止。请缩小范围或重试。"],
  problem_unavailable: ["The server is busy", "服务器忙"], problem_no_token: ["A token is needed", "需要令牌"], problem_no_token_about: ["Without the server's token nothing can be asked.", "没有服务器令牌无法查询。"], problem_other: ["The server failed at this", "服务器出错"],
  retry: ["Try again", "重试"], token_title: ["This server asks for a token", "此服务器需要令牌"], token_about: ["Who started the server has it. It is kept in this page's memory until you leave, and nowhere else.", "令牌由启动服务器的人提供。它只保存在本页内存中，离开即消失。"], token_wrong: ["That token wasn't taken.", "令牌无效。"], token: ["Token", "令牌"], send: ["Send", "提交"], cancel: ["Cancel", "取消"],
  lost: ["There is no such view", "没有此视图"], lost_about: ["The address names a view that this page doesn't have.", "网址指向本页没有的视图。"], loading: ["Loading", "正在加载"],
};

const REASONS = {
  not_understood: ["the question wasn't understood", "未能理解问题"], not_linked: ["a name wasn't recognised", "名称未能识别"],
  ambiguous: ["a name is ambiguous", "名称有歧义"], not_covered: ["no source covers this", "来源未覆盖"],
  no_evidence: ["no source states it", "来源未载明"], restricted: ["what is known may not leave the server", "相关内容因许可不能给出"],
  unread: ["the model's answer couldn't be read", "模型的回答无法解析"], refuted: ["the model's answer was refuted", "模型的回答被反驳"],
  unsupported: ["nothing bears out the model's answer", "模型的回答没有依据"], not_stated: ["not stated", "未载明"],
};
const SEVERITIES = { Critical: ["‼ Critical", "‼ 严重"], Significant: ["! Significant", "! 显著"], Minor: ["Minor", "轻微"], Moderate: ["Moderate", "中度"] };
export const SIGNS = { SUPPORTED: "✓", REFUTED: "✕", UNSUPPORTED: "?", NOT_COVERED: "–" };

let chosen = "en";

export function startLanguage() {
  const asked = new URLSearchParams(location.search).get("ui");
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    kept = null;
  }
  const browser = navigator.language?.toLowerCase().startsWith("zh") ? "zh" : "en";
  setLanguage([asked, kept, browser].find((one) => one in LANGUAGES));
}

export function setLanguage(language, { keep = false } = {}) {
  chosen = language;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  if (!keep) return;
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // Without storage the choice holds for this visit.
  }
}

export const language = () => chosen;
const pick = (pair) => pair[chosen === "zh" ? 1 : 0];

/** A text of the page with `{0}`, `{1}` filled in. */
export function t(key, ...values) {
  const pair = TEXTS[key];
  if (!pair) throw new Error(`no text ${key}`);
  return pick(pair).replace(/\{(\d)\}/g, (_all, n) => String(values[n]));
}

export const number = (value) => new Intl.NumberFormat(chosen === "zh" ? "zh-CN" : "en-US").format(value);
const own = (table, key) => (Object.hasOwn(table, key) ? pick(table[key]) : null);
export const predicate = (id) => own(PREDICATES, id) ?? id.replaceAll("_", " ");
export const isSymmetric = (id) => SYMMETRIC.has(id);
export const category = (id) => own(CATEGORIES, id ?? "") ?? String(id ?? "").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
export const reason = (id) => own(REASONS, id) ?? id.replaceAll("_", " ");
export const severity = (id) => own(SEVERITIES, id) ?? id;
export const nameIn = (names, fallback) => names?.[chosen] || names?.en || Object.values(names ?? {})[0] || fallback;
