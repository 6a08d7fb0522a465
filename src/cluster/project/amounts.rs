//! Resource lists (`requests`, `limits`, `allocatable`) as far as they are CPU, memory and pods. Must not know whose.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::field::{FromProto, Text, Word};
use crate::cluster::wire::WireError;
use crate::cluster::wire::proto::Field;
use crate::model::amount::{Amounts, Quantity};

/// A map from resource to quantity in part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceList {
    /// CPU and memory.
    pub amounts: Amounts,
    /// `pods`; 0 if it is not there.
    pub pods: u32,
}

impl ResourceList {
    fn note(&mut self, name: &str, quantity: &str) {
        if name == "pods" {
            let pods = Quantity::parse(quantity).map_or(0, Quantity::units);
            self.pods = u32::try_from(pods.max(0)).unwrap_or(u32::MAX);
        } else {
            self.amounts.note(name, quantity);
        }
    }

    /// Takes one entry of a protobuf map.
    pub fn take_entry(&mut self, field: &Field<'_>) -> Result<(), WireError> {
        let (name, quantity) = entry(field)?;
        if let Some(known) = ["cpu", "memory", "pods"].into_iter().find(|known| name.is(known)) {
            self.note(known, &quantity.text());
        }
        Ok(())
    }
}

/// Reads one entry of a protobuf map: which resource, how much of it as written.
pub fn entry<'a>(field: &Field<'a>) -> Result<(Word<'a>, Word<'a>), WireError> {
    let Entry { name, quantity } = Entry::from_field(field)?;
    Ok((name, quantity.text))
}

#[derive(Default)]
struct Entry<'a> {
    name: Word<'a>,
    quantity: QuantityText<'a>,
}

#[derive(Default)]
struct QuantityText<'a> {
    text: Word<'a>,
}

impl<'a> FromProto<'a> for Entry<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        match field.number {
            1 => self.name = Word::from_proto(field)?,
            2 => self.quantity = QuantityText::from_field(field)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> FromProto<'a> for QuantityText<'a> {
    #[inline]
    fn take(&mut self, field: &Field<'a>) -> Result<(), WireError> {
        if field.number == 1 {
            self.text = Word::from_proto(field)?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for ResourceList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = ResourceList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a resource list")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ResourceList, A::Error> {
                let mut list = ResourceList::default();
                while let Some((name, quantity)) = map.next_entry::<Text<'_>, Text<'_>>()? {
                    list.note(&name, &quantity);
                }
                Ok(list)
            }

            fn visit_unit<E>(self) -> Result<ResourceList, E> {
                Ok(ResourceList::default())
            }
        }
        deserializer.deserialize_any(ListVisitor)
    }
}
