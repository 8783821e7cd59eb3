-- By what a send's retries are limited. Each column has a constant default, so that no row is written anew.

alter table whatsapp_messages
    -- Since when the limits count; null: from the next attempt on. They begin anew after what the message itself is not
    -- to blame for: a pause of its number, a closed window, an unknown outcome.
    add column trying_since timestamptz,
    -- Refusals since then, by what they concerned: the message, its recipient's rate, the app's or account's.
    add column message_tries integer not null default 0,
    add column recipient_tries integer not null default 0,
    add column app_tries integer not null default 0;
