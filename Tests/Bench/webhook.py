"""Signed webhooks as Meta sends them: one text message each, 500 bytes."""
import base64
import hashlib
import hmac
import json

APP_SECRET = "bench-app-secret"
ENCRYPTION_KEY = base64.b64encode(hashlib.sha256(b"bench").digest()).decode()
PATH = "/api/whatsapp/webhook"
PHONE_NUMBER_ID = "109876543210987"
WABA_ID = "101234567890123"
CUSTOMERS = 5000


def body(number, customers=CUSTOMERS, size=500):
    """The webhook of message `number`; its text fills it up to `size` bytes."""
    customer = str(15550100000 + number % customers)
    message = {"from": customer, "id": f"wamid.bench{number:024d}", "timestamp": "1750000000", "type": "text",
               "text": {"body": ""}}
    value = {"messaging_product": "whatsapp",
             "metadata": {"display_phone_number": "15550199999", "phone_number_id": PHONE_NUMBER_ID},
             "contacts": [{"profile": {"name": f"Customer {number % customers}"}, "wa_id": customer}],
             "messages": [message]}
    envelope = {"object": "whatsapp_business_account",
                "entry": [{"id": WABA_ID, "changes": [{"value": value, "field": "messages"}]}]}
    room = size - len(json.dumps(envelope, separators=(",", ":")))
    text = "Could you send me a quote for ten of these, please? "
    message["text"]["body"] = (text * (max(room, 0) // len(text) + 1))[:max(room, 1)].strip() or "?"
    return json.dumps(envelope, separators=(",", ":")).encode()


def signature(data):
    return "sha256=" + hmac.new(APP_SECRET.encode(), data, hashlib.sha256).hexdigest()


def elements(count, start=0, customers=CUSTOMERS):
    """What Ingress would have pushed for `count` webhooks."""
    for number in range(start, start + count):
        data = body(number, customers)
        yield b'{"v":1,"id":"%026d","type":"webhook","received_at":1750000000000,"attempt":0,"crashes":0,"payload":%b}' % (
            number, data)
