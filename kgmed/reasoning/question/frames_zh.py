"""Chinese frames and cue words: data for :mod:`kgmed.reasoning.question.frames`.

Chinese has no word boundaries: each character is a token, a literal a run of them, and a slot what
lies between literals. The final 吗 is dropped like politeness.
"""

from __future__ import annotations

from kgmed.reasoning.question.frames import Tables
from kgmed.reasoning.question.text import word_set

MACROS = {
    "what": (
        "什么|哪些|哪种|哪个|哪几种|啥|哪几个|哪类|哪一种|何种|哪一类|哪几类|什么样的|哪一个|"
        "哪|那些"
    ),
    "have": (
        "有|存在|会发生|会产生|发生|产生|具有|会有|可能有|可能存在|有没有|是否有|是否存在|"
        "会不会有|有无|能产生|能发生|是否会有|是否会发生|会不会发生|会不会产生|是否会产生|"
        "可发生|可能会有|可能发生|可能产生|会存在|存不存在|会出现|出现|是否具有|都有|"
        "会不会存在|可能会发生|可能会产生|可产生|会起|起|会引起|有着"
    ),
    "listing": (
        "有哪些|有什么|是什么|是哪些|包括哪些|包括什么|都有哪些|都有什么|有哪几种|分别是什么|"
        "主要有哪些|主要有什么|有啥|是啥|都是什么|通常有哪些|一般有哪些|列表|大全|一览|"
        "主要包括哪些|分别有哪些|是哪个|包含哪些|都包括什么|都包括哪些|主要是什么|一般是什么|"
        "有哪几个|都是哪些|主要包括什么|一般包括哪些|是哪种|有那些|一般有什么|是哪几种"
    ),
    "and": "和|与|跟|同|及|以及|、|或|同|还有|加|,|+|或者",
    "can": (
        "能|可以|可|会|能够|可能|能不能|可不可以|会不会|是否|是否能|是否可以|是否会|可否|能否|"
        "是不是|是不是能|是不是会|是否能够|真的能|真的会|也能|也会|都能|主要|一般|通常|"
        "到底能不能|也可以|是不是可以|到底会不会|可能会|究竟能不能|常|常常|容易|都会|都可以|都|"
        "真的可以|能够|有可能|有没有可能|是否可能|是否可|往往|最常|可被|能被|也|直接|主要会"
    ),
    "use": "用于|用来|拿来|被用于|被用来|用以|来|应用于",
    "by": (
        "用|吃|服用|使用|靠|选用|采用|需要用|应用|拿|服|口服|可用|可以用|能用|要用|要吃|该用|"
        "该吃|常用|一般用|通常用|可以吃|能吃|需要吃|一般吃|可以使用|可使用|应该用|应该吃|应用|"
        "首选|一般使用|常使用|通常使用|常吃"
    ),
    "is": "是|是不是|是否是|是否为|算|为|算是|也是|算不算|是否属于|属于|算不算是|会是",
    "iswhat": "是什么|是多少|是啥|是|为|是哪个|是几|多少|查询|是几号",
    "cannot": (
        "不能|不可以|不可|不宜|不应|不应该|禁止|不要|别|忌|不适合|不建议|避免|应避免|要避免|不得"
    ),
    "together": (
        "一起吃|一起服用|一起用|同时吃|同时服用|同时用|同时使用|同服|合用|联用|联合使用|"
        "联合用药|一起使用|混着吃|混吃|一块吃|一起服|配伍|同用|联合应用|并用|同时口服|一块儿吃|"
        "合着吃|同时应用|搭配使用|搭配|混用|一起喝|联合服用|一起口服|一同服用|一起配着吃|"
        "一块服用|合并使用|合并用药|同时服"
    ),
    "may": (
        "能|可以|能不能|可不可以|可否|能否|是否可以|是否能|可|能够|是否可|应该|适合|适不适合|"
        "宜|到底能不能|还能|还可以|也能|是否能够|是不是可以|是不是能"
    ),
    "take": "吃|服用|用|喝|使用|服|口服|服用了|吃了|用了|正在吃|正在服用|在吃|在服用|吃着",
    "safe": (
        "安全|有没有问题|有问题|要紧|有危险|危险|会怎么样|会怎样|行|会有问题|有什么后果|"
        "会有危险|有风险|有没有风险|有什么风险|会出事|可以|会不会有问题|会不会有危险|好不好|好|"
        "会有什么后果|安不安全|是否安全|行不行|有没有危险|会有风险|会有什么问题|有害|"
        "会有什么反应|有影响|会不会出问题|有什么影响|会有影响|可不可以|可行|没问题"
    ),
    "conflict": (
        "相冲|冲突|打架|相克|犯冲|有冲突|会冲突|会相冲|会打架|有没有冲突|是否冲突|冲突不冲突|"
        "有配伍禁忌|有没有配伍禁忌|存在配伍禁忌|有相克|会不会冲突|会不会相冲|相冲突|"
        "是否有配伍禁忌"
    ),
    "howmany": "多少|多少种|多少个|几种|几个|多少项|多少类|多少款|几项|几类|多少条|多少例|几条",
    "counted": (
        "有多少|有多少种|有多少个|有几种|有几个|数量|数目|个数|总数|的数量|一共有多少|"
        "共有多少种|数量是多少|有多少项|一共有多少个|一共有几个|共有多少|总共有多少|"
        "总共有多少种|一共有多少种|一共有几种|的个数|的数目|总数是多少|的总数|共有几种|"
        "共有多少个|总共有几个|有多少条|共有几个|个数是多少|的数量是多少|有多少款"
    ),
    "common": "共同|共有|相同|一样|共享|共通|同样|重叠|共同拥有|都有|都存在|重合",
    "takes": (
        "服用|正在服用|在服用|吃|在吃|正在吃|用|使用|正在使用|在用|口服|同时服用|同时吃|"
        "同时使用|同时在吃|联用|联合使用|服用着|服|合用|长期服用|目前服用|现在吃|用药|用药为|"
        "正在用|用药:|用药包括|的用药是|用药有|一起吃|一起服用|吃着|开了|处方|正在同时服用|"
        "现服用|同时用|每天吃|长期吃|同时口服|处方为|目前在吃|开具|的药物包括|的药物有|"
        "正同时服用"
    ),
    "those": (
        "它们|他们|这些药|这几种药|这三种药|这两种药|这四种药|这些药物|这几种药物|这三种药物|"
        "这两种药物|其中|这些|这三个药|这几个药|三者|两者|二者|几者|之中|彼此|三种药|这四个药|"
        "药物|三个药|他们之间|相互|当中|这三种|这几种"
    ),
    "mech": (
        "机制|作用机制|机理|原理|作用机理|作用原理|路径|通路|作用途径|途径|药理机制|过程|"
        "药理作用|分子机制|药理"
    ),
    "link": (
        "关系|联系|关联|相关性|路径|通路|连接|关联路径|关联性|最短路径|什么关系|何关系|"
        "什么联系|什么关联|何联系|瓜葛"
    ),
    "diff": (
        "区别|差别|不同|差异|异同|不一样|区别点|不同点|不同之处|异同点|相同和不同|"
        "相同点和不同点|差异点"
    ),
    "how": (
        "如何|怎么|怎样|是怎么|是如何|是怎样|为什么能|为什么可以|为何能|为什么会|通过什么机制|"
        "通过什么途径|通过什么|为何可以|是通过什么机制|是通过什么|为什么|为何|怎么会|如何能|"
        "怎么能|通过什么方式|通过何种机制|通过哪些机制|为何会|通过什么靶点|通过哪些途径|"
        "经由什么|通过哪些靶点|是通过什么途径|是通过哪些机制|是通过什么方式|究竟是如何|"
        "具体如何|具体是怎么|通过怎样的机制|以什么机制|为啥能|为啥可以|为啥"
    ),
    "sep": ",|:|;|.|?|、|。|!",
}

FRAMES = """
[define]
什么|啥|何 是|叫|叫做|为|谓 {s}
{s} 是|是一种|属于 什么|啥
{s} 是|是一种|是个 什么|啥 药|病|疾病|药物|药品|东西|意思|基因|蛋白|蛋白质|物质|症状
[reverse predicate=has_symptom]
{o} 可能是|可能是得了|会是|是得了|往往是|通常是 什么|哪些|哪种|啥 病|疾病|毛病 引起的|导致的?
[list]
{s} 的? <adj>? <n> $listing?
{s} 的? <adj>? <n> $is $what
{s} 会|都|可能|主要|常见|一般|通常? 有|存在|具有|会有|出现|会出现|引起|会引起|产生|会产生 $what \
<adj>? <n>
$what $is {s} 的 <adj>? <n>
{s} 的? <adj>? <n> 是多少|是多长|有多长|多长|为多少|是几|多少|是多久|有多久|是怎样的
{s} $can? $use? <v> $what <c>?
{s} 里|里面|中|当中 $can? <v> $what <c>?
{s} $can? $use? <v> $what <adj>? <n>
{s} $can? $use? <v> 的 <c> $listing?
{s} $is $what <c>? 的 <i>
{s} 的? <n> $listing? , 分别? 是|有 $what
{s} $can? $and $what 其他|其它? <c>? 之间? $have? <adj>? <sn>
有|会? $what 其他|其它? <c>? $can? $and {s} 之间? $have? <adj>? <sn>
$can? $and {s} 之间? $have? <adj>? <sn> 的 <c>? $listing?
{s} $have <adj>? <sn> 的 <c>? $listing?
{s} 被|由|可被|会被|可以被|能被 $what <c>? <p>
$what <c>? $can? 被|由 {s} <v>
被|由 {s} <v> 的 <c> $listing?
[list predicate=interacts_with safety]
$what <c>? $can? $and {s} $conflict
{s} $can? $and $what <c>? $conflict
{s} $cannot $and $what <c>? $together
$what <c>? $cannot $and {s} $together
$cannot $and {s} $together 的 <c> $listing?
{s} 的? 用药? 配伍禁忌 $listing?
{s} 有? $what 配伍禁忌
$take {s} 时|期间|的时候|后|以后|的患者? $cannot $take? $what <c>?
$take {s} 时|期间|的时候|后|以后? ,? $what <c>? $cannot $take
{s} 期间 $cannot $take? $what <c>?
[list predicate=in_drug_class]
{s} 是|属于|归为|归于|归属于 $what 类|类型|种类|类别|一类? 的? 药|药物|药品|类药|类药物|\
药物类别|药物分类|类别
{s} 是|属于 哪类|哪一类|什么类|什么类型|什么种类|哪种|哪种类型|什么类别 的? 药|药物|药品?
{s} 的? 药物分类|药理分类|药物类别|药品分类|药理类别|所属类别|药物种类 $listing?
[list predicate=treats]
{s} 是|$can? 治|治疗|干|做|用来干|用来做|用来治|用来治疗|专治|主治|用于治|用于治疗 $what 用|病|\
疾病|病症? 的?
{s} 有? $what 用途|用处|用|适应证|适应症|功效
{s} 的? 用途|用处|适应证|适应症|功效 $listing?
{s} $can? 用在|用于|用来干|用来做 $what <c>? 上?

[reverse]
有? $what <c>? $can? $use? <v> {o}
有? $what <c>? $can? $use? <v> {o} 的? 作用|效果
$can? $use? <v> {o} 的? <c> $listing?
$can? $use? <v> {o} 的? <i> $listing?
{o} 的? <adj>? <i> $listing?
{o} 有|可选|可用|会有 $what <adj>? <i>
{o} $can? $by $what <c>? 来|进行|去|加以? <v>
{o} $can? $by $what <i> 来|进行|去? <v>?
{o} $can? 由|被|是由|因|受 $what <c>? 所? <v> 的?
{o} $can? 由|被|是由 $what <c>? <p>
{o} 怎么|如何|怎样|应该怎么|应如何|该怎么|应该如何|该如何 进行? <v>
怎么|如何|怎样 <v> {o}
{o} 是 $what <c>? 的 <adj>? <n>
{o} 是 $what <c>? <v> 的
$what <c> $can? 有|会有|具有|伴有|伴随 {o} 的? <n>
$have {o} 的? <n> 的 <c> $listing?
$what $is {o} 的 <adj>? <i>
以 {o} 为 主要? <n> 的 <c> $listing?
[reverse predicate=contraindicated_in]
{o} 患者|病人|期|期间|的人? 禁用|忌用|不能用|不能吃|不宜用|禁忌 $what <c>?
[reverse predicate=treats]
{o} $can? $by $what <c>
{o} $can? $by $what <c>? 好|有效|管用|治
$what <c>? 对 {o} 有效|有用|有疗效|管用|有治疗作用|有帮助|有治疗效果|起作用
对 {o} 有效|有用|有疗效|有治疗作用|有治疗效果 的 <c> $listing?
治|治疗 {o} $by $what <c>?
治|治疗 {o} 的? <c> $listing?
{o} 怎么|如何|怎样|该怎么|应该怎么|该如何 治|医|治愈|治好|用药
怎么|如何|怎样 治|医 {o}
[reverse predicate=in_drug_class]
{o} 类药物|类药|类药品|类抗生素 $listing?
属于 {o} 类? 的? <c> $listing?
[reverse predicate=has_symptom]
$what <c> $can? 出现|表现为|伴有|伴随|表现出|导致出现 {o} 的? 症状|表现?

[yes_no]
{s} $can? $use? <v> {o}
{s} $can? $use? <v> {o} 的? 作用|效果
{o} $can? 用|使用|服用|由|靠|吃|被|通过 {s} 来|进行|所? <v> 的?
{o} $can? 由|被|是由|是不是由|是否由|是被 {s} 所? <p> 的?
{o} $can? <p> {s}
{o} $can? <p> {s} <v> 的?
{o} $is {s} 的 一个|一种? <adj>? <n> 之一?
{s} $is {o} 的 一个|一种? <adj>? <i> 之一?
{o} $is 不|否? {s} <v> 的
{s} $is {o} <i>
{s} 有|有没有|是否有|会有|会不会有|是否会有 {o} 的|这种|这个? <n>
{s} $can? $and {o} 之间? $have $what? <adj>? 的? <sn>
{s} $can? $and {o} 之间? $can? <adj>? <sn>
{s} $and {o} 的? <adj>? <sn> $listing?
$can? $and {s} $and {o} $have <sn>
{s} $and {o} 之间 的? <adj>? <sn> $listing?
[yes_no predicate=treats]
{s} 对 {o} 有|有没有|是否有|能有|是否 效|用|疗效|治疗作用|效果|帮助|治疗效果|有效|作用
{s} $can? 治|治好|治愈|医治|用在|缓解 {o}
{o} $can? 用|吃|服用|使用 {s} 治
[yes_no predicate=in_drug_class]
{s} $is 一种|一个|一类? {o} 类药物|类药|类药品|类抗生素
[yes_no predicate=subclass_of]
{s} $is {o} 的 一种|一类|亚型|一个亚型|一种类型
[yes_no tier=1]
{pair} 的? <sn>
[yes_no predicate=interacts_with safety]
{s} $and {o} 药|药物|两种药|两个药? $may $together
{s} $and {o} 是否|是不是? $cannot $together
{s} $may $and {o} $together
{s} $cannot|是不是不能 $and {o} $together
我|我正|患者|病人|老人|我妈|我爸? $take {s} 时|的时候|期间|后|以后|同时|的同时|的人|的患者|\
的病人? ,? 还|又? $may 同时|再|一起? $take {o}
$together {s} $and {o} $safe
$take {s} $and {o} $safe
{s} $and {o} $together $safe
{s} $and {o} $together , 会? $safe
{s} $and {o} 可以|能|会|会不会|能不能? $conflict
$may $together {s} $and {o}
{s} 配 {o} $safe

[count]
有|共有|一共有? $howmany <c>? $can? $and {s} 之间? $have? <adj>? <sn>
{s} $can? $and $howmany <c>? 之间? $have? <adj>? <sn>
$and {s} 之间? $have? <adj>? <sn> 的? <c>? $counted
{s} 有|共有|一共有|存在|总共有|会有|会引起|会产生|会出现 $howmany <adj>? <n>
{s} 的? <adj>? <n> $counted
{s} 的? <adj>? <n> 共? 有 $howmany
有|共有|一共有? $howmany <c>? $can? $use? <v> {o}
$can? $use? <v> {o} 的? <c> $counted
{s} $can? $use? <v> $howmany <c>?
{s} $can? $use? <v> 的? <c> $counted
{o} 有|共有|一共有|存在 $howmany <adj>? <i>
{o} 的? <adj>? <i> $counted
{o} $can? 由|被 $howmany <c>? 所? <v>
[count predicate=treats]
有|共有? $howmany <c>? $can? 治 {o}
{o} 有 $howmany <c> $can? 治|用|治疗

[value]
{s} 的 <id> $iswhat?
{s} <id> $iswhat?
{s} 在 <id> 中|里|里面|数据库中|数据库里|上|里头|术语集中|词表中|系统中 的? 编号|编码|代码|id|\
号|标识|概念编号? $iswhat?
{s} 对应 的? <id> $iswhat?
<id> 中|里? {s} 的? 编号|编码|代码|id|号 $iswhat?

[shared]
{list} 两者|二者|之间|三者? $can? 有|都有|存在|具有|有没有|拥有|是否有 $what? $common 的? \
<adj>? <n> $listing?
{list} 两者|二者|之间|三者|两种药|这两种病? 的? $common 的? <adj>? <n> $listing?
{list} 两者|二者|三者? 都|均|共同|同时|共 $can? $use? <v> $what <c>?
{list} 都|均|共同|同时 $can? 有|存在|具有|会有|出现|会出现|引起|会引起 $what? 的? <adj>? <n> \
$listing?
{list} $can? 共同|都|均 $can? <v> 的 <c> $listing?
{list} 的? <adj>? <n> 中? 有? $what 是? $common 的
{list} 有? $what <n> 是? $common 的
{list} $common 的? <adj>? <n> $listing?
{list} 共同 <v> $what <c>?
$what <adj>? <n> 是 {list} $common 的
{list} 都 有|会有|可有 的? <n> $listing?
$and {list} 都|均|同时 $have <adj>? <sn> 的 <c>? $listing?
有? $what <c>? $can? 同时|都 $can? $and {list} 都|均? $have <adj>? <sn>
有? $what <c>? $can? $and {list} 都|均|同时 $have <adj>? <sn>
[shared counted]
有? $howmany <c>? $can? 同时? $and {list} 都|均|同时 $have <adj>? <sn>
{list} 有? $howmany $common 的? <adj>? <n>
{list} 的? $common 的? <adj>? <n> $counted
[shared counted given=object]
有? $howmany <c>? $can? 同时|既|都 $can? $use? <v> {a} 又|也|和|与|并|及 $can? <v>? {b}
[shared given=object]
有? $what <c>? $can? 既|同时|可同时|都 $can? $use? <v> {a} 又|也|和|与|同时|并|以及|及 $can? \
$use? <v>? {b}
有? $what <c>? $can? 既|同时 $can? $use? <v> {a} , 又|也 $can? $use? <v> {b}
$can? 同时|既 $can? $use? <v> {a} 又|也|和|与|及 $can? <v>? {b} 的? <c> $listing?
{a} $and {b} 的? $common 的? <adj>? <i> $listing?
{a} $and {b} 都|均 $can? $by $what <c>? 来|进行? <v>
有? $what <c>? $can? $use? <v> {a} $and {b} 两种病|这两种病|这两种疾病|两种疾病
{a} $and {b} 都|均 $can? 由|被|是由 $what <c>? 所? <v> 的?
[shared given=object predicate=treats]
$what <c>? 对 {a} $and {b} 都|均? 有效|有用|有疗效
$what <c>? $can? 同时? 治 {a} $and {b}
[shared tier=2 given=object]
有? $what <c>? $can? $use? <v> {a} $and {b}
[shared tier=1]
{list} $can? <v> $what <c>?
[shared tier=2]
{list} 的? <n> $listing?

[pairwise]
{_}? $takes {list} $sep? 请问|问? $those? 之间|中|里|里面|当中|间? $what? <c>? 之间? $can? \
$have? $what? 药物? <adj>? 的? <sn> 风险|吗?
{_}? $takes {list} $sep? 请问? $those? 之间|中|里|里面|当中|间? $what 两种|两个? <c>? 之间? \
$can? <sn>
{_}? $takes {list} 的? 患者|病人|人 ,? 需要注意|要注意|应注意|有? $what <adj>? <sn>
{_}? $takes {list} $sep? $those? 之间|中|里|里面|当中|间? $what? <c>? $can? $conflict
{list} $sep $those? 之间|中|里|里面|当中|间? $what? <c>? 之间? $can? $have? $what? 药物? <adj>? \
的? <sn>
{list} $those? 之间|中|里|里面|当中|间? $what? <c>? 之间? $can? $have $what? 药物? <adj>? 的? \
<sn>
{list} $those? 之间|中 $what 两种|两个? <c>? $can? $have? <sn>
{list} $those? 之间? 的? <adj>? <sn> $listing?
检查|核对|查看|筛查|查|看看|分析|核查|审查|评估|检测 一下|下? $sep? {list} $those? 之间? 的? \
<adj>? <sn>
检查|核对|查看|筛查|查|看看|分析|核查|审查|评估|检测 一下|下? <adj>? <sn> $sep {list}
检查|核对|查看|筛查|查|看看|分析|核查|审查|评估 一下|下? {list} $those? 之间? $have <adj>? <sn>
检查|核对|查看|筛查|查|看看|分析|核查|审查|评估|检测 一下|下? 下列|以下|这些|如下|这几种 药物|\
药|药品? 之间? 的? <adj>? <sn> $sep {list}
<adj>? <sn> 检查|核对|筛查|审查|查询? : {list}
$those $what? $can? $have? <sn> $sep {list}
[pairwise safety predicate=interacts_with]
{list} 三种药|这三种药|三者|四种药|这几种药|几种药|三种|这些药|三个药|这三个药 $may $together
{list} $may $together
$may? $together {list} $safe

[path]
{s} $how $can? $use? <v> {o} 的?
$how {s} $can $use? <v> {o}
{s} $use? <v> {o} 的? $mech $listing?
{s} $use? <v> {o} 的? $mech 是? 如何|怎样|怎么样 的?
{o} $how $can? 用|使用|服用|由|被 {s} <v>
{s} $how $can? $use? <v> {o} ,? $mech $listing?
[path]
{s} 在|对|用于|于 {o} 中|里|治疗中|上|的治疗中|治疗|方面|的? 的? $mech $listing?
{s} 在|对|用于|于 {o} 中|里|治疗中|上|的治疗中? 是? 如何|怎么|怎样 起作用|发挥作用|起效|作用 的?
{s} $how $can? 对 {o} 有效|起作用|有用|有疗效|起效
{s} $and {o} 之间? 有|存在|有没有|是否有? $what|何|任何? 的? $link $listing?
{s} $and {o} 之间? 的 $link $listing?
{s} $and {o} 是? 如何|怎么|怎样|通过什么 关联|联系|相关|连接|相连|关联起来|联系起来|联系在一起|\
连接起来 的?
从 {s} 到 {o} 的? $link $listing?
{s} 到|至 {o} 之间? 的? $link $listing?
找出|查找|搜索? {s} $and {o} 之间? 的? $link
{s} $and {o} 有关|相关|有关系

[compare]
比较|对比|比一比|比较一下|对比一下|比较下 {a} $and {b}
比较|对比|比一比|比较一下|对比一下|比较下 {list}
比较|对比|比较一下|对比一下 {a} $and {b} 两种药|这两种药|两者|这两种药物|这两种病? 的? $diff?
{a} $and {b} 两者|二者|这两种药|这两种病|两种药|之间? 之间? 的|有|有何|有什么|有哪些|存在哪些|\
存在什么|有啥|主要|的主要|的关键? $diff 在|是|有? 哪里|哪|什么|哪些|何处|于什么|啥?
{a} $and {b} 哪里|有什么|有何|在哪些方面|怎么 不一样|不同
{a} vs|对比|比较|pk|versus {b}
{a} $and {b} 的? 比较|对比
{a} $and {b} 比较|对比 一下?
{a} 不同于|区别于 {b} 的? 地方|什么 是什么?
{a} $and {b} 有? 何|什么 $diff
怎么|如何|怎样 区分|鉴别|区别 {a} $and {b}
{a} $and {b} 怎么|如何|怎样 区分|鉴别|区别

[define tier=2]
{s} 是|是个|是一种|是一个|指的是|指|到底是|究竟是|是指|属于|是种|为|即 什么|啥|何 东西|药|病|\
疾病|药物|意思|药品|物|东东|基因|蛋白|蛋白质|物质|症状? 呀|来着?
介绍|解释|说明|定义|描述|讲解|介绍下|介绍一下|解释一下|解释下|描述一下|说明一下|简单介绍|简介|\
简述|科普|科普一下|简单介绍一下|介绍介绍 什么是? {s}
{s} 的? 定义|含义|意思|简介|介绍|信息|资料|基本信息|概述|概念|基本资料|详细信息|相关信息|百科 \
$listing?
{s} 什么|啥 意思
{s} 是 怎么回事|怎么一回事|怎样的病|怎样一种病|怎样的药
"""

CLAUSE_FRAMES = (
    ("yes_no", "$can? CLAUSE"),
    ("list", "CLAUSE"),
    ("reverse", "CLAUSE"),
    ("reverse", "有 CLAUSE"),
)

CATEGORIES = {
    "Drug": "药物|药|药品|西药|药剂|用药|药物名|制剂|中药",
    "DrugClass": "药物类别|药物分类|类药物|类药|药物种类|药类",
    "ChemicalEntity": "化合物|化学物质|物质|成分|化学品|分子",
    "Food": "食物|食品|水果|蔬菜|饮料",
    "Disease": "疾病|病|病症|病种|疾患|疾病类型|情况|病情|适应症|适应证|感染|肿瘤|癌症|毛病",
    "PhenotypicFeature": "症状|体征|症状体征|表现|临床表现|表型|症状和体征",
    "Gene": "基因",
    "Protein": "蛋白|蛋白质|受体|酶|激酶|转运体",
    "Pathway": "通路|信号通路|途径",
    "BiologicalProcess": "生物过程|生物学过程|过程",
    "OrganismTaxon": "病原体|细菌|病毒|微生物|病原|生物|病原菌|病原微生物|寄生虫",
    "AnatomicalEntity": "器官|组织|部位|身体部位",
    "Cell": "细胞|细胞类型",
    "": "东西|事物|其他|因素|原因|概念",
}

IDENTIFIER_WORDS = (
    "编号|编码|代码|id|号|标识符|标识|码|序号|登录号|概念编号|识别码|号码|概念码|cui|代号|条目编号"
)

IDENTIFIERS = {
    "drugbank": ("drugbank", "drugbank"),
    "umls": ("umls|cui|umls cui", "cui|umls|umls cui"),
    "snomedct": ("snomed|snomed ct|sctid", "snomed|snomed ct|sctid"),
    "rxnorm": ("rxnorm|rxcui", "rxcui|rxnorm"),
    "mesh": ("mesh|主题词|mesh主题词", "mesh|mesh主题词"),
    "icd10": (
        "icd 10|icd10|icd|国际疾病分类|icd 10 疾病编码|icd 10 诊断编码",
        "icd 10|icd10|icd|icd 10 疾病编码|icd 10 诊断编码",
    ),
    "icd10cm": ("icd 10 cm", "icd 10 cm"),
    "icd9cm": ("icd 9|icd9|icd 9 cm", "icd 9|icd9"),
    "icd11": ("icd 11|icd11", "icd 11|icd11"),
    "doid": ("doid|疾病本体|disease ontology", "doid"),
    "mondo": ("mondo", "mondo"),
    "chebi": ("chebi", "chebi"),
    "omim": ("omim|mim", "omim"),
    "hp": ("hpo|hp|人类表型", "hpo"),
    "uniprot": ("uniprot|uniprotkb", "uniprot"),
    "ncbigene": ("entrez|ncbi gene|entrez gene|ncbi基因|基因|ncbi", "entrez"),
    "hgnc": ("hgnc", "hgnc"),
    "atc": ("atc", "atc"),
    "orphanet": ("orphanet|orpha", "orphanet"),
    "ncit": ("ncit|nci", "ncit"),
    "ndfrt": ("ndf rt|nui", "nui|ndf rt"),
    "meddra": ("meddra", "meddra"),
    "pubchem.compound": ("pubchem|pubchem cid", "pubchem|pubchem cid"),
    "cmekg": ("cmekg", ""),
    "wikidata": ("wikidata|维基数据", "wikidata"),
}
"""Prefix -> (every name of the authority, those that mean an identifier by themselves)."""

ADJECTIVES = {
    "Critical": (
        "严重|严重的|重度|危险|危险的|致命|致命的|重大|重大的|高危|最严重|最严重的|严重药物|"
        "高风险|最危险的"
    ),
    "Significant": "显著|明显|显著的|中度|明显的|中度的",
    "": (
        "常见|常见的|主要|主要的|已知|已知的|所有|全部|典型|典型的|可能|可能的|潜在|潜在的|"
        "药物|临床|其他|一些|任何|早期|最常见的|最常见|所有的|一般|已知药物|不良|直接|药理|"
        "分子|蛋白|重要的|重要|首要|间|药物间|药物之间的|全部的|主要药物|相关|相关的"
    ),
}

OPENERS = (
    "请问|请|请你|请您|我想知道|我想问|我想问一下|想问|想问一下|问一下|问下|麻烦|麻烦你|麻烦您|"
    "告诉我|请告诉我|帮我|帮我查一下|帮我查|查一下|查查|查询|查询一下|查找|列出|列举|列一下|"
    "列举一下|给出|给我|你好|您好|你知道|您知道|知道|能告诉我|可以告诉我|能不能告诉我|"
    "能否告诉我|可否告诉我|想知道|想了解|我想了解|我想了解一下|了解一下|,|.|。|!|、|:|医生|"
    "大夫|那么|那|说说|讲讲|说一下|讲一下|搜索|检索|帮忙|关于|根据知识图谱|图谱中|知识图谱里|"
    "知识图谱中|一下|在临床上|临床上|目前|现在|我想查|我想查一下|想查一下|想查|问|我要查|要查|"
    "我想请问|谁知道|有人知道|有谁知道|我想咨询|咨询一下|想咨询|能帮我查|能帮我查一下|"
    "可以帮我查一下|求问|想请教|请教|一下子|找出|展示|显示|我想找|如题|是否知道|你能告诉我|"
    "您能告诉我|您好医生|快速问一下|看一下|查下|帮我看看|帮我列出|有没有人知道|在医学上|请列出"
)

CLOSERS = (
    "呢|啊|呀|吧|吗|嘛|?|.|!|,|;|。|谢谢|谢谢你|多谢|谢谢您|哦|哈|一下|来着|的呢|请告诉我|"
    "请列出|请问|有知道的吗|急|:|哇|诶|、|感谢|在线等|(|告诉我"
)

REFUSED = word_set("你 俺 呢 咱 啥 嘛 您 我 ! ; ? 。")
"""Characters that no name in a slot holds."""

REFUSED_RUNS = (
    "什么|哪些|哪种|哪个|哪几|哪里|哪儿|哪家|哪一|多少|几种|几个|怎么|如何|怎样|为什么|为何|"
    "是否|有没有|能不能|会不会|可不可以|可否|能否|请问|是不是|不会|没有|不能|不与|不和|应该|"
    "天气|价格|多少钱|剂量|写一|写首|写个|首诗|星期|几点|几号|股票|电影|推荐|最好|最佳|挂号|"
    "需要|要不要|该不该|可以|一天|每天|几次|多久|什么时候|何时|一起|这些药|停药|怎么办|会引起|"
    "能治疗|的副作用|的症状|的靶点|的相互作用|相互作用|谁|哪位|新闻|故事|歌|笑话|公式|首都|"
    "下雨|服用量|用量|不可以|不应"
)
"""Runs of tokens that no name in a slot holds."""

LEADING = (
    "患有|得了|、|,|:|和|与|正在服用|正在吃|在服用|药物:|药品:|的|患者|病人|同时服用|.|;|(|又|"
    "也|药物是|下列|以下|以下药物|疾病:|既|:|所谓的|所谓"
)

TRAILING = (
    "的|之间|两者|二者|两种药|两个药|两药|这两种药物|这两种药|这两个药|三者|三种药|三种药物|"
    "这几种药|这几种药物|这些药物|这三种药|这三种药物|等药物|等药|等|、|,|:|;|.|(|和|与|这种药|"
    "这个药|这种药物|这种病|这个病|这种疾病|患者|病人|两种药物|两种病|这两种病|这两种疾病|"
    "两种疾病|这个基因|这一疾病|这类药|四种药|几种药|的时候|期间|患儿|同时|这三个药|以及|时"
)

JOINTS = word_set("& + , ; 、 and 与 及 同 和 或 跟")

TABLES = Tables(
    macros=MACROS,
    frames=FRAMES,
    clause_frames=CLAUSE_FRAMES,
    what="$what <c>?",
    categories=CATEGORIES,
    identifiers=IDENTIFIERS,
    identifier_words=IDENTIFIER_WORDS,
    adjectives=ADJECTIVES,
    openers=OPENERS,
    closers=CLOSERS,
    refused=REFUSED,
    refused_runs=REFUSED_RUNS,
    leading=LEADING,
    trailing=TRAILING,
    joints=JOINTS,
)
