//! Named types as declarations.

use super::names::quoted;
use super::text::Text;
use super::types::{Named, Side, Types, flag, union};
use crate::plan::{Kind, NameId};

/// What is taken for a list of bytes.
const BYTES: &str = "Uint8Array | Uint8ClampedArray | ArrayBuffer | DataView | readonly number[]";

impl Types<'_> {
    /// Declares the types that the interface uses.
    pub(super) fn write(&self, text: &mut Text) {
        if let Some(name) = &self.bytes {
            text.remark("What is taken for a list of bytes.");
            text.line(&format!("type {name} = {BYTES};"));
        }
        for named in &self.named {
            named.forms().iter().for_each(|side| self.named_type(text, named, *side));
        }
    }

    fn named_type(&self, text: &mut Text, named: &Named<'_>, side: Side) {
        let (plan, docs) = (self.component.plan, self.component.docs);
        let name = named.name(side);
        let answer = named.name(Side::Answer);
        text.blank();
        match named.forms().len() > 1 && side == Side::Argument {
            true => text.comment(&format!("What is taken for {{@link {answer}}}.")),
            false => text.comment(docs.of_type(plan, named.id)),
        }
        match &named.ty.kind {
            Kind::Record(fields) => {
                let fields = fields.iter().map(|field| (field.name, self.field(field, side)));
                self.object(text, name, named, fields);
            }
            Kind::Flags(flags) => {
                let flags = flags.iter().map(|id| (*id, flag(plan.name(*id), side)));
                self.object(text, name, named, flags);
            }
            Kind::Enum(names) => {
                let cases = names.iter().map(|id| (*id, quoted(plan.name(*id))));
                self.cases(text, name, named, cases.collect());
            }
            Kind::Variant(cases) => {
                let list = cases.list.iter().enumerate();
                let list = list.map(|(index, case)| (case.name, self.case(cases, index, side)));
                self.cases(text, name, named, list.collect());
            }
            _ => text.line(&format!("export type {name} = {};", self.definition(named.ty, side))),
        }
    }

    fn object(
        &self,
        text: &mut Text,
        name: &str,
        named: &Named<'_>,
        members: impl Iterator<Item = (NameId, String)>,
    ) {
        text.block(&format!("export interface {name}"), |text| {
            for (id, member) in members {
                text.comment(self.member_docs(named, id));
                text.line(&format!("{member};"));
            }
        });
    }

    /// A union: on one line where there is room and nothing to say of its members.
    fn cases(&self, text: &mut Text, name: &str, named: &Named<'_>, cases: Vec<(NameId, String)>) {
        let head = format!("export type {name} =");
        let line = format!("{head} {};", union(cases.iter().map(|(_, case)| case.clone()).collect()));
        if text.fits(&line) && cases.iter().all(|(id, _)| self.member_docs(named, *id).is_empty()) {
            return text.line(&line);
        }
        text.line(&head);
        text.nested(|text| {
            let last = cases.len() - 1;
            for (index, (id, case)) in cases.iter().enumerate() {
                text.comment(self.member_docs(named, *id));
                text.line(&format!("| {case}{}", if index == last { ";" } else { "" }));
            }
        });
    }

    fn member_docs(&self, named: &Named<'_>, member: NameId) -> &str {
        let plan = self.component.plan;
        self.component.docs.of_member(plan, named.id, plan.name(member))
    }
}
