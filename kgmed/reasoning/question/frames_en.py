"""English frames and cue words: data for :mod:`kgmed.reasoning.question.frames`."""

from __future__ import annotations

from kgmed.reasoning.question.frames import Tables
from kgmed.reasoning.question.text import word_set

MACROS = {
    "what": (
        "what|which|what_all|what_other|which_other|what_kind_of|what_kinds_of|what_type_of|"
        "what_types_of|what_sort_of|what_sorts_of|what_else|what_are_the|what_are_some|"
        "which_of_the|what_are_all_the|what_known"
    ),
    "be": "is|are|'s|'re|was|were",
    "aux": "does|do|did|can|could|may|might|will|would",
    "the": (
        "the|all|all_the|all_of_the|some|some_of_the|any|a|an|every|each|a_list_of|list_of|two|"
        "three|four|five|six|ten|one|3|5|10|top|top_5|top_10|top_ten|top_five|the_top_10|"
        "the_top_5|top_3|the_top|a_few|few|several|the_list_of|a_full_list_of|a_list_of_the|"
        "a_list_of_all"
    ),
    "a": (
        "a|an|the|one_of_the|one_of|among_the|part_of_the|considered_a|considered_an|also_a|"
        "any|some|a_known|a_possible|a_common|a_typical"
    ),
    "of": (
        "of|for|in|with|from|to|against|on|associated_with|caused_by|seen_in|seen_with|"
        "linked_to|related_to|involving|reported_for|reported_with|known_for|listed_for|between"
    ),
    "for": "for|of|in|against|to_treat|in_treating",
    "have": "have|has|show|shows|share",
    "used": (
        "used|given|taken|prescribed|indicated|employed|administered|available|useful|"
        "commonly_used|often_used|usually_used|typically_used|mainly_used|helpful|effective"
    ),
    "rel": (
        "that|which|to|for|that_can|which_can|that_could|that_may|which_may|used_to|used_for|"
        "known_to|that_are_used_to|that_are_used_for|which_are_used_to|thought_to|that_might"
    ),
    "adv": (
        "also|really|actually|help|help_to|directly|ever|often|sometimes|usually|be_used_to|"
        "be_able_to|commonly|typically|normally|still|already"
    ),
    "and": "and|&|with|+|or",
    "with": (
        "with|and|alongside|together_with|along_with|while_taking|while_on|while_i'm_on|"
        "while_i_am_on|if_i_take|if_i_am_on|if_i'm_on|when_taking|when_on|plus|after|before|on|"
        "at_the_same_time_as|in_combination_with|to|if_you_take|if_you_are_taking|"
        "when_you_take|if_i_am_taking|if_i'm_taking|when_i_take|with_my|+|&"
    ),
    "take": (
        "take|use|combine|mix|give|have|drink|eat|consume|coadminister|co_administer|prescribe|"
        "add|be_on|be_taking|took|takes|combined|mixed|combines|mixes|taking|using|combining|"
        "mixing|giving|drinking|eating|having|administer|administering"
    ),
    "taken": (
        "taken|used|combined|given|mixed|coadministered|co_administered|prescribed|"
        "administered|eaten|drunk|consumed"
    ),
    "together": (
        "together|at_the_same_time|with_each_other|at_once|concurrently|in_combination|safely|"
        "safely_together|concomitantly|on_the_same_day|simultaneously|together_safely"
    ),
    "someone": (
        "i|me|him|her|us|them|you|we|one|someone|somebody|people|patients|a_patient|he|she|"
        "they|a_person|my_patient|a_woman|my_dad|my_mom|my_mum|my_mother|my_father|my_wife|"
        "my_husband"
    ),
    "safe": (
        "safe|okay|ok|dangerous|bad|fine|alright|all_right|risky|harmful|unsafe|possible|"
        "advisable|a_problem"
    ),
    "mod": "can|could|may|is_it_ok_if|is_it_okay_if|is_it_safe_if",
    "common": "common|shared|overlapping|mutual|joint|same|common_or_shared",
    "takes": (
        "takes|take|taking|is_taking|are_taking|am_taking|'m_taking|'s_taking|on|is_on|am_on|"
        "'m_on|'s_on|are_on|receives|receiving|is_receiving|is_prescribed|prescribed|uses|"
        "using|currently_on|currently_taking|is_currently_taking|is_currently_on|"
        "am_currently_taking|has|was_prescribed|is_given|gets|is_treated_with|currently_takes|"
        "was_put_on|is_also_taking|medications_are|meds_are|drugs_are|medications_include|"
        "meds_include|medications_:|meds_:|medication_list_:|drugs_:|current_medications_:|"
        "combination_of|started_on|drugs_include|medicines_are"
    ),
    "sep": ",|:|;|.|?|!|(|-|and",
    "them": (
        "them|these|those|these_drugs|these_medications|these_medicines|the_drugs|"
        "the_following|the_following_drugs|the_following_medications|my_drugs|my_medications|"
        "my_meds|these_meds|those_drugs|the_medications|these_two|these_three|the_pairs|"
        "each_other|his_drugs|her_drugs|his_meds|her_meds|her_medications|his_medications|"
        "those_medications|the_meds"
    ),
    "check": (
        "check|find|show|screen|screen_for|check_for|look_for|any|list|look_up|identify|"
        "check_the|check_drug|run_a|what_about|detect|find_the|find_any|check_for_any|show_the|"
        "find_all"
    ),
    "way": (
        "mechanism|mechanisms|mechanism_of_action|moa|mode_of_action|the_mechanism|action|"
        "the_mechanism_of_action|the_mode_of_action|the_moa|mechanistic_path|the_mechanisms"
    ),
    "link": (
        "path|paths|route|routes|connection|connections|link|links|relationship|relationships|"
        "relation|association|shortest_path|pathway|chain|all_paths|the_path|the_paths"
    ),
    "linked": (
        "connected|related|linked|associated|tied|joined|connected_to_each_other|"
        "related_to_each_other"
    ),
    "about": "about|on|of|regarding|for",
    "diff": (
        "difference|differences|the_difference|the_differences|distinction|similarities|"
        "similarities_and_differences|the_similarities|differences_and_similarities|"
        "the_main_differences|the_main_difference|the_distinction"
    ),
    "cause": "have|has|cause|causes|show|produce|give|carry|include|present_with|involve|lead_to",
    "there": "there|known|listed|reported|available|recorded|documented",
}

FRAMES = """
[list]
$what $be $the? <adj>? <adj>? <n> $of {s}
$what $be {s} 's <adj>? <n>
$what $be $the? {s} <n>
$what <adj>? <n> $aux {s} $cause
$what <adj>? <n> $be $there $of? {s}
$what <adj>? <n> $be $of {s}
$what <adj>? <n> $of {s}
$what <adj>? <n> $have {s}
$what <n> {s} $cause
$what $be $the? <adj>? <n> that? {s} $cause
$what are_there? $the? <adj>? <n> $of {s}
$the? <adj>? <adj>? <n> $of {s}
$what $the? <adj>? <n> $of {s} $be
{s} 's $the? <adj>? <n>
{s} <adj>? <n>
$what $be there <adj>? <n> $of {s}
$be there $the? <adj>? <n> $of {s}
$aux {s} have $the? <adj>? <n>
$aux {s} have $the? <adj>? <n> with any|other <c>
<c> $have $the? <adj>? <sn> with {s}
$what <c>? $have $the? <adj>? <sn> with {s}
$what <c>? $aux {s} have $the? <adj>? <sn> with
$what <c>? $aux {s} <adj>? <v>
$what <c>? $aux {s} $adv <v>
$what <c>? $be {s} <bv>
$what <c>? {s} <adj>? <v>
$what <c>? $aux {s} be <bv>
$what <c>? <p> {s}
$what <c>? $be <bp> {s}
$what <c>? $aux be <bp> {s}
<c> <bp> {s}
$the? <c> that|which? {s} $aux? <v>
{s} <v> what|which <c>?
$what <c>? $be {s} $a <i> $of
$what <adj>? <n> $aux {s} <v>
in|for|with|to|on|against|by|from $what <c> $aux|$be {s} <rv>
how_long $be $the? {s} 's? <n>
how_long $be $the? <n> $of {s}
[list tier=1]
<n> {s}
<n> , {s}
[list predicate=in_drug_class]
what_kind_of|what_type_of|what_sort_of|what_class_of|which_class_of|what_kind|what_type drug|\
medication|medicine|drugs|medicines $be {s}
what|which class|drug_class|class_of_drug|class_of_drugs $be {s} in?
$what drug_class|class|class_of_drugs|class_of_drug|drug_family|group_of_drugs|drug_group|\
family_of_drugs $aux {s} belong_to|fall_under|fall_in|fall_into
to_which|to_what drug_class|class|class_of_drugs|drug_family $aux {s} belong
[list predicate=interacts_with safety]
$what <c>? should|must|can|may not|'t|never be $taken with|alongside|together_with|while_taking|\
while_on {s}
$what <c>? cannot be $taken with|alongside|together_with {s}
$what <c>? should|must|to? $someone? be? avoid|avoided with|while_taking|while_on|when_taking|\
when_on|if_taking|if_on|in_combination_with|together_with|alongside {s}
$what <c>? should|can $someone not|'t|never $take $with {s}
$what <c>? cannot $someone? $take $with {s}
$what <c>? can|should|could 't $someone $take $with {s}
$what <c>? $be not|'t|dangerous|unsafe|bad|risky safe|ok|okay? to_take|to_combine|to_mix with \
{s}
<c> to_avoid with|while_taking|while_on|when_taking|when_on|if_taking|if_you_take {s}
$what <c>? $aux not|'t $someone? mix|mix_well|go|go_well|combine with {s}

{_}? $takes {s} $sep $what <c>? $aux? <v> it|that|this|them|my_medication|the_drug|these
{_}? $takes {s} $sep $what <adj>? <n> $be there|known?
{_}? $takes {s} $sep any|are_there_any|are_there <adj>? <n>

[reverse]
$what <c>? <adj>? <v> {o}
$what <c>? $aux $adv? <v> {o}
$aux any|anything|something|any_other <c>? <v> {o}
is_there any|anything|something|a <c>? that|which <v> {o}
are_there any|some <c> that|which <v> {o}
$what <c>? $be <bv> {o}
$what <c>? $aux be <bv> {o}
$what <c>? $be $used to <v> {o}
$what <c>? $be $used for <v> {o}
$what <c>? $aux be $used to|for <v> {o}
$what <c>? $aux $someone $take to <v> {o}
$what $be $the? <adj>? <i> $for {o}
$what $be {o} 's <i>
$what $be $the? {o} <i>
$what <i> $be $there $for {o}
$what <i> $be $used $for {o}
$what <i> $be $used to|for <v> {o}
$what <i> $be $for {o}
$what <i> $for {o}
$what <i> $aux {o} have
$what <i> $aux? <v> {o}
$what <c>? $be $a? <i> $for {o}
are_there|is_there $the? <i> $for {o}
$the? <adj>? <i> $for {o}
$the? <i> $rel <v> {o}
{o} 's <i>
{o} <i>
$the? <c> $rel? <v> {o}
$the? <c> $rel? <bv> {o}
$what $be $the? <c> $rel? <v> {o}
$what|how $be {o} <bp>
$what <c>? $be {o} <bp>
how $be {o} <rp>
how $aux|to {o} be <rp>
what <c>? $aux {o} be <bp>
what|which <c> $aux {o} be <rp> with|by
how_to|how_do_you|how_do_we|how_do_doctors|how_do_i|how_can_i|how_can_you|how_can_we|\
how_would_you|how_can_one|how_do_they <v> {o}
$what $be {o} $a <n> $of
$what <c>? $be {o} $a <n> $of
$what <c> have|has|list|show|present_with|presents_with|include|includes {o} as $a? <n>
{o} <p> what|which <c>?
[list predicate=treats]
$what <c>? $aux $someone|doctors use|take|prescribe|give {s} for
when $be {s} used|prescribed|given|indicated
when $aux $someone|doctors use|prescribe|give {s}
$what $be {s} $used|good|effective for
[list predicate=subclass_of]
what|which type|kind|sort|types|kinds|form of <c> $be {s}
[reverse predicate=treats]
$what <c>? $be $used|good for|in|against {o}
$what <c> for {o}
$what <c>? $aux be $used for|in|against {o}
$the? <c> $used for|in|against {o}
$what $be there for {o}
$what $aux $someone take|use|give|prescribe for|against {o}
[reverse predicate=has_symptom]
$what <c> present_with|presents_with|manifest_with|manifest_as|come_with {o}

[yes_no]
$aux {s} $adv? <v> {o}
$aux {s} be <bv> {o}
$aux 't {s} $adv? <v> {o}
$be {s} $adv? <bv> {o}
$be {s} $used to <v> {o}
$be {s} $used for <v> {o}
$aux {s} be $used to|for <v> {o}
$be {o} $adv? <bp> {s}
$aux {o} be $adv? <bp> {s}
$be {o} $a? <adj>? <n> $of {s}
$be {o} $a? {s} <n>
$aux {s} have|cause|show|list|include|present_with {o} as $a? <n>
$be {s} $a? <adj>? <i> $of {o}
$be {s} $a? {o} <i>
$be {s} $used as $a? <i> $of {o}
$be there $a? <adj>? <sn> between|with|of|involving|for {s} $and {o}
is_there|are_there $a? <adj>? <sn> if $someone? take|combine|mix|use {s} $and {o}
$aux {s} have $a? <adj>? <sn> with {o}
$aux {s} and|& {o} <adj>? <m>
$aux {s} and|& {o} <adj>? <m> with_each_other
$aux {s} and|& {o} have $a? <adj>? <sn>
$what $be $the? <adj>? <sn> between {s} and|& {o}
$the? <adj>? <sn> between {s} and|&|with {o}
<sn> of {s} with {o}
{s} and|&|+|with {o} <sn>
{s} <sn> with {o}
if|whether {s} <v> {o}
if|whether {s} and|& {o} <m>
[yes_no tier=1]
{pair} <sn>
<sn> {pair}
{s} <v> {o}
{o} <p> {s}
{s} and|& {o} <m>
{s} $be $a <i> $of {o}
{o} $be $a <n> $of {s}
{s} <v> {o} , right|correct|true|yes|is_'t_it|does_'t_it
[yes_no predicate=treats]
$be {s} $used|good|effective|helpful|useful|indicated for|against {o}
$be {s} effective|useful|helpful|indicated|used in {o}
$aux {s} help|work with|for|against {o}
$be {s} $used to_treat {o}
$aux {s} be $used for|in|against {o}
can|could|may $someone take|use {s} for {o}
[yes_no predicate=interacts_with safety]
is|'s it $safe for|that|if? $someone? to? $take both? {s} $with {o} $together?
is_it|is $safe to $take {s} $with {o} $together?
$mod $someone safely? $take both? {s} $with {o} $together?
$mod {s} and|with|&|or {o} be safely? $taken $together
$mod {s} be safely? $taken $with {o}
$be {s} and|with|& {o} $safe $together?
$be {s} and|& {o} $safe to $take $together?
$be {s} and|& {o} $safe to be $taken $together?
$be {s} $safe with|to_take_with|to_use_with|alongside|in_combination_with|together_with|\
while_taking|when_taking|while_on {o}
$be {s} $safe to $take $with {o} $together?
$be {s} $safe to be $taken $with {o}
$be {s} compatible with {o}
$be {s} and|& {o} compatible
$aux {s} and|& {o} mix|go_together|go_well_together|mix_well
$aux {s} mix|go with|well_with {o}
is taking|mixing|combining|using {s} $with {o} $together? $safe
$take {s} $with {o} $together? , is_it|is_that $safe
$what if|happens_if|happens_when|will_happen_if|would_happen_if $someone $take|mix|combine {s} \
$with {o} $together?
{s} $and {o} together , is_it|is_that? $safe

[count]
how_many <c>? <adj>? <v> {o}
how_many <c>? $aux <v> {o}
how_many <c>? $be <bv> {o}
how_many <c>? $be $used to|for <v> {o}
how_many <c>? $aux {s} <adj>? <v>
how_many <c>? $aux {s} $adv <v>
how_many <c>? $be {s} <bv>
how_many <c> <p> {s}
how_many <c> $be <bp> {s}
how_many <c> $have $the? <adj>? <sn> with {s}
how_many <adj>? <n> $aux {s} $cause
how_many <adj>? <n> $be $there $of {s}
how_many <adj>? <n> $of {s} $be? $there?
how_many <adj>? <n> $have {s}
how_many <i> $be $there $for {o}
how_many <i> $for {o} $be? $there?
how_many <i> $aux {o} have
how_many <i> <v> {o}
how_many <i> $be $used to|for <v> {o}
what_is|what_'s? the? total? number|count of <adj>? <n> $of {s}
what_is|what_'s? the? total? number|count of <c> $rel? <v> {o}
what_is|what_'s? the? total? number|count of <c> that|which? {s} <v>
what_is|what_'s? the? total? number|count of <i> $for {o}
what_is|what_'s? the? total? number|count of <i> <v> {o}
count the? <adj>? <n> $of {s}
count the? <c> $rel? <v> {o}
count the? <i> $for {o}
[count predicate=treats]
how_many <c> $be there for {o}
how_many <c> $be $used|good for|in|against {o}

[value]
$what $be $the? <id> $of {s}
$what $be {s} 's <id>
$what $be $the? {s} <id>
$what <id> $be {s}
$what <id> $aux {s} have
$what <id> $be $there? for|of|assigned_to|given_to {s}
$the? <id> $of {s}
{s} 's <id>
{s} <id>
convert|map|translate {s} to|into $the? <id>
what_is {s} in|under <id>

[shared]
$what <c>? $aux {list} both|all|jointly <v>
$what <c>? $aux both {list} <v>
$what <c>? $aux {list} <v> in_common
$what <c>? $be {list} both|all <bv>
$what <c>? $be {list} both|all <bp>
$what $be $the? $common <n> $of|among|between both? {list}
$what $be $the? <adj>? <n> $common to|for both? {list}
$what <n> $be $common|shared to|by|between|among|for|in both? {list}
$what <n> $aux {list} both|all? share
$what <n> $aux {list} both|all? have_in_common
$what <n> $aux {list} both|all $cause
$what <n> $aux both {list} $cause
$what $common <n> $aux {list} have
$the? $common <n> $of|among|between both? {list}
$the? <n> $common|shared to|by|between|among|for|in both? {list}
$the? <n> that? {list} both|all? share
$the? <n> that? {list} both|all? have_in_common
$the? <n> that? {list} both|all $cause
$the? <n> that? both {list} $cause|share
$the? <n> $of both {list}
$what $be $the? <n> $of both {list}
$aux {list} share|have $the? $common? <n> in_common?
$what <n> $aux {a} share with {b}
{list} $common <n>
[shared counted]
how_many <adj>? <n> $aux {list} both|all? share|have_in_common
how_many <n> $be $common|shared by|to|between {list}
how_many $common <n> $aux {list} have
how_many <c>? $aux {list} both|all <v>
[shared counted given=object]
how_many <c>? $aux? <v> both {a} and|& {b}
how_many <i> $be there $for both {a} and|& {b}
[shared given=object]
$what <c>? $aux? <v> both {a} and|& {b}
$what <c>? $be <bv> both {a} and|& {b}
$what <c>? $be $used to|for <v> both {a} and|& {b}
$what $be $the? <i> $for both {a} and|& {b}
$what <i> $be $used|there|$there $for both {a} and|& {b}
$what <i> work|works for both {a} and|& {b}
$what $be $the? $common <i> $for|among|between {a} and|& {b}
$the? <i> $for both {a} and|& {b}
$the? $common <i> $for|among|between {a} and|& {b}
$the? <c> $rel? <v> both {a} and|& {b}
$what <c>? <v> {a} as_well_as|and_also|together_with {b}
$what <c> have|has|show|present_with|list both? {a} and|& {b} as $a? <n>
[shared given=object predicate=treats]
$what <c>? $be $used|good|work for|in|against both {a} and|& {b}
$what <c> for both {a} and|& {b}
[shared tier=1]
$what <c>? $aux {list} <v>
$what <n> $aux {list} $cause
[shared tier=2]
$what $be $the? <n> $of {list}
$the? <n> $of {list}
[shared tier=2 given=object]
$what $be $the? <i> $for {a} and|& {b}
$the? <i> $for {a} and|& {b}
$what <c>? $aux? <v> {a} and|& {b}

[pairwise]
{_}? $takes {list} $sep what|which|do|does|will|can|are|is any|some|all? of? $them? <c>? $aux? \
<adj>? <m>
{_}? $takes {list} $sep what|which|do|does|will|can|are|is any|some|all? of? $them? <c>? $aux? \
<adj>? <m> with each_other|one_another
{_}? $takes {list} $sep what|which|do|does|will|can|are|is any|some|all? of? $them? <c>? $aux? \
<adj>? <v> each_other|one_another
{_}? $takes {list} $sep $be? there? what|which|any|are_the? <adj>? <sn> $be? there? between|\
among|with? $them?
{_}? $takes {list} $sep $what $be the? <adj>? <sn> between|among? $them?
{_}? $takes {list} $sep check|look|screen for? the|any|all? <adj>? <sn> between|among? $them?
{_}? $takes {list} $sep $what <c>? $aux <adj>? <m>
{list} $sep which|what|do|does|any of? $them? <c>? $aux? <adj>? <m>
{list} $sep which|what|do|does|any of? $them? <c>? $aux? <adj>? <m> with each_other|one_another
{list} any|what|are_there_any <adj>? <sn> between|among? $them?
{list} $sep any|which|what|are_there_any|check? <adj>? <sn> between|among? $them?
$aux any|some of? $them <adj>? <m> $sep? {list}
$aux any|some of {list} <adj>? <m> $together?
$aux any|some of {list} <v> each_other|one_another
which of? $them? <c>? $aux? <adj>? <m> $sep? {list}
which of {list} <adj>? <m> with? each_other|one_another?
which of {list} <v> each_other|one_another
$check the|any? <adj>? <sn> $sep|between|among|for|of|in {list}
$check {list} for <adj>? <sn>
<adj>? <sn> among|: {list}
$be there $the? <adj>? <sn> among|between|with|in {list}
$what $be $the? <adj>? <sn> among|between {list}
$what <adj>? <sn> $be there? among|between {list}
$what <adj>? <sn> exist|exists|occur among|between {list}
$the? <adj>? <sn> between|among {list}
$aux {list} <adj>? <m> $together?
$aux {list} all? <m> with each_other|one_another
$what <adj>? <sn> $aux $someone? expect|see|have between|among {list}
<sn> check|checker|checking|screening|screen for|of|on|between|: :? {list}
$be there $the? <adj>? <sn> in|among|between this_list|these|the_following|these_drugs|my_list|\
my_meds|the_list|these_medications|the_following_drugs|this_medication_list $sep? {list}
pairwise <sn> of|between|among|for {list}
[pairwise tier=1]
$the? <adj>? <sn> of|for|with {list}
[pairwise safety predicate=interacts_with]
can|may $someone $take {list} $together
is_it $safe to $take {list} $together
{_}? $takes {list} $sep $be that|this|it|they|these|those|this_combination|that_combination|\
the_combination $safe $together?
$be {list} $safe $together

[path]
how $be {a} and|& {b} $linked
how $be {a} $linked to|with {b}
how|why $aux {s} $adv? <v> {o}
how|why $aux {s} and|& {o} <m>
how {s} <v> {o}
why {s} <v> {o}
how|why $be {s} <bv> {o}
how|why $be {s} $used to|for <v> {o}
how|why $be {o} <bp> {s}
$what? $be? $way by_which|through_which|how|whereby {s} <v> {o}
$what $be the? $way of? {s} <v> {o}
the_way {s} <v> {o}
how|why $aux {s} help to? <v> {o}
in_what_way|by_what_mechanism|by_which_mechanism|through_what_mechanism|how_exactly|how_come \
$aux? {s} <v> {o}
explain why|how {s} <v> {o}
[path]
how|why $aux {s} help|work|act|function|benefit|improve|relieve|affect|lead_to with|for|in|\
against|on? {o}
how|why {s} helps|works|acts|benefits|improves|affects with|for|in|against|on? {o}
why $be {s} $used|good|effective|helpful|useful|given|indicated for|in|against {o}
$what $be? $way of {s} in|for|against|on|when_treating|in_treating {o}
$way of {s} in|for|against|on|when_treating|in_treating {o}
{s} $way in|for|against {o}
{s} 's $way in|for|against {o}
$be {a} and|& {b} $linked
how $aux {a} and|& {b} relate|connect
how $aux {a} relate|connect to {b}
$link from|between {a} to|and|& {b}
find|show|the|a|any $link from|between {a} to|and|& {b}
$what $be the? $link between|from {a} and|to {b}
$what connects|links|relates {a} and|to|with {b}
is_there a|any $link between|from {a} and|to {b}
trace|follow the|a? $link from {a} to {b}
connect|link {a} to|with|and {b}

[compare]
compare {a} and|with|to|against|versus|vs|& {b}
compare {list}
compare the? <n> $of {a} and|with|to|against|versus|vs|& {b}
comparison of|between {a} and|with|to|& {b}
$what $be? $diff in|of the? <n> between|of|for {a} and|& {b}
$what $be? $diff between the? <n> of {a} and|& {b}
$what $be? $diff between|of|in {a} and|& {b}
$diff in|of the? <n> between|of|for {a} and|& {b}
$diff between|of|in {a} and|& {b}
between {a} and|& {b} ,? what|which is|'s $diff
{a} vs|versus|v|vs_. {b}
{a} or {b} , what_is_the|what_'s_the $diff
how $aux {a} compare|differ|stack_up with|to|from|against {b}
how $aux {a} and|& {b} compare|differ
how $be {a} different from|to|than {b}
how $be {a} and|& {b} different|similar
$what $aux {list} have_in_common
{a} compared to|with {b}
$what|how makes|sets {a} different|apart from {b}

[define tier=2]
$what $be {s}
define {s}
definition|meaning of {s}
$what $be the definition|meaning of {s}
what does {s} mean|stand_for
about {s}
explain|describe {s}
explain|describe what {s} is|are
what {s} is|are
what_exactly|what_is_meant_by|what_is_exactly|what_do_people_mean_by $be? {s}
information|info|facts|details|overview|summary|data|entry $about {s}
an|a|some|the information|info|facts|details|overview|summary|data|entry $about {s}
what do you know about {s}
what $be known about {s}
everything|anything|something|more about {s}
$be {s} $a kind|type|sort of what
"""

CLAUSE_FRAMES = (
    ("yes_no", "$aux? CLAUSE"),
    ("yes_no", "if|whether|is_it_true_that CLAUSE"),
    ("list", "CLAUSE"),
    ("reverse", "CLAUSE"),
)

CATEGORIES = {
    "Drug": (
        "drugs|drug|medications|medication|medicines|medicine|meds|pharmaceuticals|remedies|"
        "medicinal products|therapeutics|agents|agent|pills|pill|drug products|pharmaceutical"
    ),
    "DrugClass": (
        "drug classes|drug class|classes of drugs|class of drugs|classes of drug|drug families|"
        "drug groups"
    ),
    "ChemicalEntity": (
        "chemicals|chemical|compounds|compound|substances|substance|molecules|molecule|"
        "chemical entities|ingredients|ingredient"
    ),
    "Food": "foods|food|nutrients|herbs|drinks",
    "Disease": (
        "diseases|disease|conditions|condition|disorders|disorder|illnesses|illness|ailments|"
        "infections|infection|syndromes|indications|medical conditions|cancers|pathologies"
    ),
    "PhenotypicFeature": (
        "symptoms|symptom|signs|signs and symptoms|phenotypes|manifestations|clinical features|"
        "findings"
    ),
    "Gene": "genes|gene",
    "Protein": (
        "proteins|protein|enzymes|enzyme|receptors|receptor|transporters|ion channels|kinases|"
        "kinase"
    ),
    "Pathway": "pathways|pathway|signaling pathways",
    "BiologicalProcess": "processes|biological processes|process|biological process",
    "OrganismTaxon": (
        "organisms|organism|bacteria|viruses|pathogens|species|microbes|pathogen|bacterium|"
        "virus|parasites"
    ),
    "AnatomicalEntity": "organs|organ|tissues|tissue|body parts|anatomical structures",
    "Cell": "cells|cell types|cell type",
    "": "things|thing|entities|concepts|other",
}

IDENTIFIER_WORDS = (
    "id|ids|identifier|identifiers|number|code|codes|accession|accession number|curie|term id"
)

IDENTIFIERS = {
    "drugbank": ("drugbank|drug bank|dbid", "drugbank|dbid"),
    "umls": (
        "umls|umls cui|cui|umls concept|umls cuis",
        "umls cui|cui|umls concept|umls|umls cuis",
    ),
    "snomedct": (
        "snomed|snomed ct|sct|sctid|snomed ct concept|snomed concept id",
        "snomed|snomed ct|sctid|snomed ct concept|snomed concept id",
    ),
    "rxnorm": (
        "rxnorm|rxnorm cui|rxcui|rx cui|rxnorm rxcui",
        "rxcui|rxnorm|rxnorm cui|rx cui|rxnorm rxcui",
    ),
    "mesh": (
        "mesh|mesh heading|mesh term|mesh descriptor|mesh ui",
        "mesh|mesh term|mesh heading|mesh descriptor|mesh ui",
    ),
    "icd10": ("icd 10|icd10|icd", "icd 10|icd10"),
    "icd10cm": ("icd 10 cm|icd10cm", "icd 10 cm|icd10cm"),
    "icd9cm": ("icd 9|icd 9 cm|icd9", "icd 9|icd9|icd 9 cm"),
    "icd11": ("icd 11|icd11", "icd 11|icd11"),
    "doid": ("doid|disease ontology", "doid"),
    "mondo": ("mondo|mondo disease", "mondo"),
    "chebi": ("chebi", "chebi"),
    "omim": ("omim|mim", "omim|mim"),
    "hp": ("hpo|hp|human phenotype ontology|hpo term", "hpo|hpo term"),
    "uniprot": ("uniprot|uniprotkb|swissprot", "uniprot|uniprotkb"),
    "ncbigene": ("entrez|entrez gene|ncbi gene|gene|geneid", "entrez|geneid|ncbi gene"),
    "hgnc": ("hgnc", "hgnc"),
    "atc": ("atc|atc classification", "atc|atc classification"),
    "orphanet": ("orphanet|orpha|ordo|orphacode", "orphanet|orphacode|orpha"),
    "ncit": ("ncit|nci thesaurus|nci", "ncit"),
    "ndfrt": ("ndf rt|ndfrt|nui|ndf rt nui", "nui|ndf rt nui|ndf rt"),
    "meddra": ("meddra", "meddra"),
    "pubchem.compound": ("pubchem|pubchem cid", "pubchem|pubchem cid"),
    "symp": ("symptom ontology|symp", ""),
    "wikidata": ("wikidata|wikidata qid", "wikidata|wikidata qid"),
    "go": ("gene ontology|go", ""),
    "efo": ("efo", "efo"),
    "cmekg": ("cmekg", ""),
    "gard": ("gard", ""),
    "reactome": ("reactome", "reactome"),
}
"""Prefix -> (every name of the authority, those that mean an identifier by themselves)."""

ADJECTIVES = {
    "Critical": (
        "critical|critically|severe|severely|serious|seriously|dangerous|dangerously|major|"
        "life threatening|most severe|most serious|most dangerous|high risk|fatal|very serious"
    ),
    "Significant": "significant|significantly|moderate|clinically significant",
    "": (
        "known|common|main|typical|usual|possible|potential|usually|most common|classic|key|"
        "primary|principal|important|frequent|characteristic|reported|listed|documented|"
        "well known|other|most important|commonly|molecular|early|clinical|current|available|"
        "different|various|major known|protein|biological|pharmacological|direct|recorded|any|"
        "typically|actual"
    ),
}

OPENERS = (
    "please|could you|can you|would you|will you|could you please|can you please|"
    "would you please|kindly|hi|hello|hey|hi there|good morning|so|ok|okay|well|also|and|but|"
    "now|thanks|um|hmm|excuse me|quick question|question|i have a question|just wondering|"
    "i was wondering|i 'm wondering|i wonder|i am wondering|i would like to know|"
    "i 'd like to know|i want to know|i need to know|i 'd love to know|i wanted to know|"
    "i wanted to ask|i want to ask|i 'd like to ask|i need|i am trying to find out|"
    "i 'm trying to find out|i 'm looking for|i am looking for|looking for|do you know|"
    "do you happen to know|do you have any idea|any idea|does anyone know|can anyone tell me|"
    "can someone tell me|can you tell me|could you tell me|could anyone tell me|tell me|"
    "let me know|help me find|help me find out|help me understand|help me|remind me|show me|"
    "show|give me|give us|give|get me|find me|find|find out|get|name|list|list out|list me|"
    "enumerate|display|fetch|retrieve|search for|search|look up|look for|return|in medicine|"
    "in pharmacology|according to the graph|according to the knowledge graph|"
    "according to kgmed|explain|explain to me|describe|as far as you know|ask|kgmed|dear kgmed|"
    "doctor|doc|i 'd like|i want|i would like|write down|say|what about|how about|is it known|"
    "do we know|is it true that|,|:|.|!|;|to me|me|in general|generally|for a patient|"
    "basically|specifically|know|to know"
)

CLOSERS = (
    "please|thanks|thank you|thank you very much|many thanks|for me|in the graph|in your graph|"
    "according to the graph|in the knowledge graph|in your database|in the database|?|.|!|,|;|"
    ":|if you can|asap|exactly|actually|again|in detail|in humans|in people|in patients|anyway|"
    "then|do you know|you know of|are there|is there|and why|in general|generally|or not|"
    "at all|list|in english|currently|usually|typically|normally|today|(|as far as we know|"
    "at once|that you know of|that are known|known so far|so far|in the kg|according to kgmed|"
    "medically"
)

REFUSED = word_set(
    "about advice also am anyone anything are be because been being believe best better "
    "between both buy can cannot capital cheap cheapest code cost costs could daily day did do "
    "does dosage dose doses dosing draw email essay ever everything feel feels fewer football "
    "game get gets go goes got had has have he her here him his hour hours how how's if "
    "instead is it its joke just know knows least less letter make makes many me mg might mine "
    "ml more most movie movies much music must my myself n't need never night no none not "
    "nothing or our please poem president price prices really recipe recommend recommendation "
    "recommended safe safer safest said says script sell shall she should someone something "
    "song stock story strongest such tell than that their them there these they think this "
    "those today tomorrow too translate twice unless unsafe until us very want was we weather "
    "week weeks were what when where whether which while who who's whom whose why will without "
    "worse worst would write yesterday you your yours ! 'd 'll 'm 're 't 've : ; ?"
)
"""Tokens that no name in a slot holds. Written in capitals in a question that isn't, they may: WAS
is a gene, ALL a leukaemia."""

REFUSED_RUNS = (
    "i take|i have|i am|i use|i get|i stop|i give|should i|can i|do i|if i|when i|may i|i eat|"
    "i drink|i go"
)
"""Runs of tokens that no name in a slot holds."""

LEADING = (
    "the|a|an|any|some|my|your|his|her|their|our|taking|using|patients with|people with|"
    "a patient with|someone with|patient with|the drug|the drugs|the medication|the medicine|"
    "the gene|the protein|the disease|the condition|the symptom|either|all|drug :|use of|"
    "the use of|treating|persons with|individuals with|those with|adults with|a person with|"
    "cases of|a case of|and|,|:|;|&|.|(|?|!|having|the combination of|combination of|"
    "the class of|class of|the class|the drug called|a drug called|called|named|drug named|"
    "medications :|meds :|drugs :|: "
)

TRAILING = ",|.|;|:|?|!|(|and|&|'s|with each other|in patients|patients|in humans"

JOINTS = word_set("& + , / ; 、 and or plus versus vs with")

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
