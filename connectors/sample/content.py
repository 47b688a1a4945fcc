"""What customers ask Copperleaf and what its agents answer: one row an intent.

Texts stand in blocks, a text being a `- ` and the lines up to the next one. `{product}` and `{day}` are filled in per
ticket.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A second question that the same customer may ask, and its answers."""

    asks: str
    answers: str


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing customers want. All `answers` state the same facts; `about_order` means an order number belongs to it."""

    tag: str
    subjects: tuple[str, ...]
    asks: str
    answers: str
    follow_ups: tuple[FollowUp, ...] = ()
    about_order: bool = False


def texts(block: str) -> tuple[str, ...]:
    """The texts of a block, each on one line."""
    return tuple(" ".join(text.split()) for text in ("\n" + block).split("\n- ")[1:])


INTENTS: tuple[Intent, ...] = (
    Intent(
        tag="order_status",
        subjects=("Where is my order?", "Order update please", "Tracking"),
        asks="""
- Where is my order? I placed it last week and heard nothing since.
- hi any news on my parcel? tracking hasnt moved
- Could you tell me whether my order has been dispatched yet?
- I ordered a {product} on {day} and would like to know when it will get here.
- wheres my stuff?? paid days ago
- How do I track my parcel? I can't find a tracking number anywhere.
- Good afternoon, I would be grateful for an update on my recent order. The confirmation arrived but nothing after
  that.
- order status pls
- I keep refreshing the page and it still says "preparing". Is that normal?
- This is the second time I am asking. WHERE IS MY ORDER?
""",
        answers="""
- You can follow your parcel under 'Orders' in your account: open the order and choose 'Track'. The tracking link
  becomes active on the evening of dispatch, and standard delivery takes 3-5 working days from then. While the order
  shows 'preparing' it is still in our warehouse, which normally takes one working day.
- The quickest way to see where it is: log in, go to 'Orders' and click 'Track' next to the order. We need one working
  day to pack, and after that the carrier takes 3-5 working days. Please note that the tracking page only updates from
  the evening of the dispatch day.
- Orders are packed within one working day and then travel 3-5 working days with standard delivery. We e-mail the
  tracking link on the evening of dispatch, and you also find it under 'Orders' by choosing 'Track'. As long as it
  says 'preparing', the parcel has not left our warehouse yet.
""",
        follow_ups=(
            FollowUp(
                asks="""
- And what if the tracking does not move any more?
- ok but the tracking has said "in transit" for days now, what then?
""",
                answers="""
- A few quiet days are normal, since carriers do not scan at every stop. If the parcel has not arrived 10 working days
  after dispatch, write to us again and we will treat it as lost and open a search with the carrier.
- Tracking often pauses between two depots. Please give it until 10 working days after dispatch; if it is still not
  there by then, we open a carrier search and treat the parcel as lost.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="delivery_time",
        subjects=("Delivery time", "How long does shipping take?"),
        asks="""
- How long does standard delivery take?
- when would a {product} arrive if i order today
- Hello, what are your delivery times within the US?
- Do you deliver on Saturdays? I'm never home during the week.
- how many days for shipping
- I need it before the weekend, is standard shipping fast enough?
- What is the normal delivery time, and do you count weekends?
- Could you please confirm how long an order usually takes to arrive? It is meant as a birthday present.
- delivery estimate??
""",
        answers="""
- Standard delivery takes 3-5 working days after dispatch, and we pack within one working day. Working days are Monday
  to Friday, so the carrier does not deliver at weekends. If you need it sooner, express for $9 arrives the next
  working day when you order before 2 pm.
- Please count one working day for packing and 3-5 working days for standard delivery. Saturdays and Sundays do not
  count, as our carrier only delivers Monday to Friday. For urgent orders there is express at $9: ordered before 2 pm,
  it arrives the next working day.
- With standard shipping your parcel is with you 3-5 working days after it leaves us, and it leaves us within one
  working day. There is no weekend delivery. Express costs $9 and reaches you on the next working day if the order
  comes in before 2 pm.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I pick a delivery date?
- is it possible to choose the day it comes?
""",
                answers="""
- We can't book a fixed date, but once the parcel is on its way you can move the delivery by up to five days through
  the link in the carrier's message.
- A fixed day is not possible at checkout. As soon as the carrier has your parcel, you get a message with a link where
  you can postpone delivery by up to five days.
""",
            ),
        ),
    ),
    Intent(
        tag="shipping_cost",
        subjects=("Shipping costs", "Free shipping?"),
        asks="""
- How much is shipping?
- do you have free shipping
- What does delivery cost for an order of about $45?
- I was charged $5.90 for postage. I thought shipping was free?
- From which amount do you ship for free?
- Hi, my basket is $58 and I still see a shipping fee, why is that?
- shipping fees pls
- Is the free delivery threshold calculated before or after the discount code?
- why am i paying shipping??
""",
        answers="""
- Standard shipping is free for orders over $60; below that it costs $5.90. The amount that counts is your basket
  after discounts and without gift cards. Express delivery is $9 regardless of the order value, except for Copper Club
  members, who get it for free.
- Orders over $60 ship for free, and for smaller baskets we charge a flat $5.90. We look at the total after any
  discount code, and gift cards don't count towards it. Express is always $9, unless you are a Copper Club member.
- We charge a flat $5.90 for standard delivery, and nothing at all once the basket is over $60. Discounts are deducted
  first and gift cards are left out of that sum. If you choose express, the price is $9, or free with a Copper Club
  membership.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I add something to an order I already placed to reach $60?
- could you just add another item to my order so i get free shipping
""",
                answers="""
- I'm afraid we can't combine orders after checkout. You can cancel the first order under 'Orders' as long as it is
  not dispatched, and then place one new order with everything in it.
- Orders can't be merged afterwards. If it has not been dispatched yet, cancel it under 'Orders' and order all items
  together, then shipping is free over $60.
""",
            ),
        ),
    ),
    Intent(
        tag="express_delivery",
        subjects=("Express delivery", "Next day delivery"),
        asks="""
- Do you offer next day delivery?
- i need this by tomorrow is that possible
- How does express shipping work and what does it cost?
- What's the cut-off time for express?
- I paid for express and my parcel is not here the next day. That is really disappointing.
- If I order on Friday with express, when does it arrive?
- express = saturday delivery?
- Could I upgrade an order I just placed to express delivery?
- Can the {product} be shipped express?
""",
        answers="""
- Express costs $9 and arrives on the next working day if you order before 2 pm, Monday to Friday. An express order
  placed on Friday before 2 pm arrives on Monday, because there is no weekend delivery. If an express parcel is late,
  we refund the $9 in full.
- Yes, we have next-day delivery for $9. The cut-off is 2 pm from Monday to Friday; later orders leave one working day
  after. Since carriers don't deliver at weekends, Friday orders come on Monday. Should an express parcel ever be
  late, you get the $9 back.
- With express for $9 your order is there the next working day, provided it reaches us before 2 pm on a weekday. Order
  on a Friday and it comes on Monday. We refund the express fee whenever the carrier misses that date, so just let us
  know.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I switch an order to express after paying?
- i forgot to tick express, can you change it?
""",
                answers="""
- The shipping method can't be changed after checkout. If the order has not been dispatched, you can cancel it under
  'Orders' and place it again with express.
- Unfortunately we can't switch it afterwards. Cancel the order under 'Orders' while it is not dispatched yet, and
  reorder with express selected.
""",
            ),
        ),
    ),
    Intent(
        tag="international_shipping",
        subjects=("Shipping abroad", "Do you ship to my country?"),
        asks="""
- Do you ship to Canada?
- can u send to germany
- I live in Ireland. Is it possible to order from you, and what about customs?
- What are the costs for delivery to France?
- Hi, do you deliver worldwide? I'm in New Zealand.
- How long does shipping to the UK take?
- Will I have to pay import duty on an order to Spain?
- international shipping??
- I would like to send a {product} to my sister in the Netherlands. Could you let me know if that works?
""",
        answers="""
- Outside the US we ship to Canada, the UK and all EU countries. International delivery costs a flat $19 and takes 6-9
  working days. Duties and taxes are already included at checkout, so there is nothing to pay at the door. Other
  countries are not possible at the moment.
- We deliver to Canada, the UK and the EU, but not to other countries yet. The flat rate is $19 and the parcel needs
  6-9 working days. All import duties and taxes are part of the price you see at checkout, so no extra bill follows.
- At present we send parcels to the US, Canada, the UK and the EU. For the last three the price is $19 and delivery
  takes 6-9 working days. Customs is taken care of: the total at checkout includes duties and taxes.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Do machines sent there come with the right plug?
- and the plug? will it fit here
""",
                answers="""
- Yes. For the UK and EU we send the 230 V version with the local plug, and for Canada the 120 V version. The shop
  picks it by delivery country.
- The version follows the delivery country: 230 V with the local plug for the UK and the EU, 120 V for Canada. You
  don't need an adapter.
""",
            ),
        ),
    ),
    Intent(
        tag="address_change",
        subjects=("Change delivery address", "Wrong address on order"),
        asks="""
- I need to change the delivery address of my order, please.
- typed the wrong street number, can u fix it
- I've moved. How do I change the address for an order that is still open?
- Help, I sent my order to my old flat!
- Can my parcel be delivered to my office instead?
- Please update the shipping address on my order before it leaves.
- wrong adress on my order!!! please change asap
- Is it still possible to correct the postcode? I noticed the mistake in the confirmation.
- My order is going to my ex's place because of autofill. Can you redirect it?
""",
        answers="""
- You can change the address until the order is dispatched: go to 'Orders', open the order and choose 'Edit address'.
  Once it shows 'dispatched' we can no longer change it, but the carrier's message contains a link to redirect the
  parcel to a pick-up point nearby.
- As long as your order has not been dispatched, the address can be edited under 'Orders' with 'Edit address'. After
  dispatch it is fixed on our side. In that case please use the link in the carrier's message to send the parcel to a
  pick-up point.
- Please open the order under 'Orders' and click 'Edit address'; that works until dispatch. If it already says
  'dispatched', we can't reach the label any more. The carrier's message then lets you redirect the parcel to a
  pick-up point.
""",
        follow_ups=(
            FollowUp(
                asks="""
- And how do I change it for future orders?
- will it remember the new address next time too?
""",
                answers="""
- For future orders, go to 'Account', then 'Addresses', and set the new address as default. Bean plans use the default
  address too, so they follow automatically.
- Save the new address as default under 'Account' and 'Addresses'. All later orders and your bean plans will use it.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="cancel_order",
        subjects=("Cancel my order", "Please cancel"),
        asks="""
- I'd like to cancel my order.
- cancel order please, ordered twice by mistake
- How can I cancel an order I placed an hour ago?
- Is it too late to cancel? I found out my partner bought the same {product}.
- pls stop my order i dont need it anymore
- Kindly cancel my order and refund the amount paid.
- I changed my mind, can I still cancel?
- There is no cancel button on my order. What now?
- I want to cancel and get my money back today.
""",
        answers="""
- You can cancel until the order is dispatched: open it under 'Orders' and choose 'Cancel order'. The refund starts at
  once and is on your account in 2-3 working days. If the button is gone, the parcel is already on its way; please
  refuse it or return it within 30 days.
- Cancelling is possible as long as the order has not been dispatched. You will find 'Cancel order' under 'Orders',
  and the money is back within 2-3 working days. When the button no longer shows, the order has left us, and you can
  simply refuse the parcel or send it back within 30 days.
- Go to 'Orders', pick the order and press 'Cancel order'; this works right up to dispatch. We release the refund
  immediately, which takes your bank 2-3 working days. Without that button the parcel has already gone, so please
  refuse delivery or return it within 30 days.
""",
        follow_ups=(
            FollowUp(
                asks="""
- What happens if I refuse the parcel?
- so i just dont accept it? and then?
""",
                answers="""
- Then the carrier brings it back to us, which takes about a week. We refund the full amount within 5 working days
  after it arrives.
- A refused parcel travels back to our warehouse in about a week. After it gets here, the refund is issued within 5
  working days.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="lost_parcel",
        subjects=("Parcel never arrived", "Lost package"),
        asks="""
- My parcel never arrived. It has been almost three weeks.
- package lost???
- Tracking says delivered but I have received nothing, and neither have my neighbours.
- It's been 12 working days and my {product} is still not here. I believe it is lost.
- where is my parcel, carrier says they dont know
- I would like to report a missing parcel.
- Somebody must have stolen my package from the porch. What can you do?
- my order got lost in the mail i think, what now
- Still nothing! I want a replacement or my money back.
""",
        answers="""
- I'm sorry about that. A parcel counts as lost 10 working days after dispatch, or at once if it says 'delivered' and
  you don't have it. We then open a search with the carrier, which takes 3 working days. After that you choose between
  a free replacement and a full refund.
- That is annoying, and we will sort it out. Once 10 working days have passed since dispatch, or the tracking wrongly
  says 'delivered', we start a carrier search of 3 working days. If the parcel does not turn up, you get either a
  replacement free of charge or the full amount back.
- Sorry to hear that. We open a carrier search as soon as 10 working days have gone by since dispatch, and straight
  away if it shows 'delivered' without reaching you. The search lasts 3 working days. If nothing is found, we send a
  replacement or refund everything, as you prefer.
""",
        follow_ups=(
            FollowUp(
                asks="""
- What do you need from me for the search?
- anything i have to do or fill in?
""",
                answers="""
- Only two things: the delivery address as it appears on the order, and a short confirmation that neither you nor your
  neighbours have the parcel. A reply to this message is enough.
- Please reply with the address on the order and a line confirming that neither you nor a neighbour received the
  parcel. We do the rest with the carrier.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="damaged_on_arrival",
        subjects=("Arrived damaged", "Broken on delivery"),
        asks="""
- My {product} arrived damaged. The housing has a big crack.
- box was crushed and the glass is broken, what do i do
- I just unpacked my order and the water tank is cracked.
- Very disappointed: the machine came with a dent on the side!
- arrived broken :(
- The parcel looked fine but the lid inside is in pieces. How do we proceed?
- Received a damaged item today. Would you please advise on the next steps?
- the carrier threw it over the fence and now its broken. unbelievable
- One of the two cups was smashed on arrival.
""",
        answers="""
- I'm sorry it arrived like that. Please send us a photo of the item and one of the box within 48 hours of delivery by
  replying to this message. We ship a replacement on the next working day. Items under $50 need not be returned; for
  the rest we e-mail a free label.
- That should not happen, I apologise. To replace it we need two photos within 48 hours of delivery: the damage and
  the outer box. The replacement leaves on the next working day. You may keep or discard items under $50, and we send
  a free return label for anything above.
- Sorry about the damage. Simply reply with a picture of the broken part and a picture of the packaging, at the latest
  48 hours after delivery. We dispatch a new one the next working day. A return is only needed for items above $50,
  with a free label from us.
""",
        follow_ups=(
            FollowUp(
                asks="""
- I already threw the box away, is that a problem?
- i dont have the carton anymore
""",
                answers="""
- No problem, a photo of the damaged item alone is fine then. Please put any other sturdy box aside in case we need it
  back.
- That is all right. Send just the photo of the damage, and use any sturdy carton if the item has to come back.
""",
            ),
            FollowUp(
                asks="""
- I'd rather have my money back than a replacement.
- can i get a refund instead
""",
                answers="""
- Of course. Write 'refund' with the photos and we return the full amount including shipping within 5 working days.
- Sure, you can choose a refund instead. We then pay back everything, shipping included, within 5 working days of
  getting the photos.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="wrong_item",
        subjects=("Wrong item received", "Not what I ordered"),
        asks="""
- I received the wrong item.
- ordered black got white
- You sent me a Burr 40 instead of a Burr 64.
- There must have been a mix-up, my box contains somebody else's order.
- wrong thing in the box!! need the right one by saturday
- The filter size is not the one I ordered. Could you please send the correct one?
- Hello, the parcel contains a different colour from the one on my invoice.
- got the wrong beans (i ordered decaf)
""",
        answers="""
- Sorry for the mix-up. Please reply with a photo of the item and of the label on the box. We send the correct item on
  the next working day at no cost and e-mail you a free label for the wrong one. You have 14 days to send it back.
- That was our mistake, I apologise. A photo of what you received and of the box label is all we need. The right item
  leaves on the next working day, free of charge, and you return the other one within 14 days with the label we e-mail
  you.
- I'm sorry we packed the wrong thing. Send us one picture of the item and one of the label on the box; the correct
  item then goes out the next working day. For the wrong one you get a free return label, valid for 14 days.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I keep the wrong one and pay the difference?
- actually id keep it, possible?
""",
                answers="""
- Yes, gladly. Let us know and we send a payment link for the difference, or refund it if the item you received is
  cheaper.
- That works. If it costs more we send a payment link for the difference; if it costs less, we refund the difference.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="missing_part",
        subjects=("Something is missing", "Incomplete delivery"),
        asks="""
- There was no tamper in the box of my new machine.
- part missing from my order
- I ordered three items and only two arrived.
- The Forge Mini came without the single basket. Was it forgotten?
- Half of my order is missing!
- hi the power cord isnt in the box, cant use the thing
- My delivery seems incomplete. Are the rest of the items coming separately?
- I miss the milk jug that should be included in the bundle.
""",
        answers="""
- Larger orders often travel in two parcels, so please check under 'Orders' whether a second tracking link is shown.
  If there is only one, tell us which part is missing and we send it by express at no cost on the next working day.
  You don't need to return anything.
- First, a quick look at 'Orders': two tracking links mean that the rest is in a second parcel. If you see just one
  link, reply with the name of the missing part, and it leaves by free express on the next working day. Nothing has to
  come back.
- It may be a split delivery, which you can recognise by a second tracking link under 'Orders'. Otherwise just let us
  know what is missing. We then send that part on the next working day by express, free of charge, and you keep the
  rest.
""",
        about_order=True,
    ),
    Intent(
        tag="return_policy",
        subjects=("Return policy", "How long can I return?"),
        asks="""
- What is your return policy?
- how long do i have to send something back
- Can I return an unopened {product} after four weeks?
- I'd like to know how many days I have for a return.
- is it 14 or 30 days for returns?
- As a Copper Club member, do I have more time for returns?
- hi, bought a grinder as xmas gift in november, can they still return it in january
- Could you explain the conditions for returning an item, please?
- Who pays for the return shipping?
""",
        answers="""
- You can return unopened items within 30 days of delivery, and Copper Club members have 45 days. The return label
  costs $6, which we take off the refund, and it is free if the item is faulty. The money is back within 5 working
  days after the parcel reaches our warehouse.
- Unopened items can come back within 30 days of delivery, or within 45 days if you are a Copper Club member. We
  deduct $6 for the return label unless the item is faulty. After arrival in our warehouse we refund you within 5
  working days.
- The return window is 30 days from delivery for unopened items and 45 days for Copper Club members. Faulty items
  travel back for free; for all others $6 for the label is deducted. We issue the refund no later than 5 working days
  after the return gets to us.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Does the time count from the order or from the delivery?
- 30 days from when exactly?
""",
                answers="""
- It counts from the day of delivery shown in the tracking, not from the order date. What matters is that the parcel
  is handed in by the last day.
- The clock starts on the delivery day in the tracking. If you hand in the return on the last day, it still counts.
""",
            ),
        ),
    ),
    Intent(
        tag="return_opened",
        subjects=("Return opened item", "Already used it"),
        asks="""
- Can I return a machine that I have already used?
- opened the box, can i still send it back
- I tried the {product} twice and it's not for me. Can I return it?
- Do you accept opened beans?
- I unpacked the grinder to look at it. Is a return still possible?
- Would you take back an item without its original packaging?
- i dont like the taste of the beans, want to return them
- What happens if I return something in opened condition?
""",
        answers="""
- Opened equipment can be returned within 30 days, but we keep 15 % of the price because we can only sell it as
  refurbished. Please send it clean, with all parts and in its box. Opened beans and other food can't be returned.
  Faulty items are always refunded in full.
- Yes, opened equipment comes back within 30 days with a deduction of 15 %, since it is resold as refurbished. It has
  to be clean and complete, in its box. For opened beans there is no return, as they are food. A defect is a different
  matter: then you get the full price.
- Within 30 days we also accept opened equipment, as long as it is clean, complete and in its box, and refund 85 % of
  the price. The 15 % covers refurbishing. Beans and other food must be unopened. If the item is faulty, we refund
  everything.
""",
        follow_ups=(
            FollowUp(
                asks="""
- How clean does it need to be?
- do i need to descale it first?
""",
                answers="""
- Please empty the water tank, remove all coffee and wipe the outside. Descaling is not necessary.
- An empty tank, no coffee residue and a wiped housing are enough. You don't need to descale it before.
""",
            ),
        ),
    ),
    Intent(
        tag="start_return",
        subjects=("How to return", "Return label please"),
        asks="""
- How do I start a return?
- need a return label
- I want to send my {product} back, what are the steps?
- where do i find the return form
- Could you send me a return label by e-mail, please?
- I don't have a printer. How can I return my order?
- Please explain how to send back two items from the same order.
- cant find the return button on your site
- Where can I drop off my return?
""",
        answers="""
- Open the order under 'Orders', choose 'Return an item' and select what you want to send back. You get a label by
  e-mail within a few minutes, or a QR code if you have no printer. Drop the parcel off at any carrier shop within 14
  days and keep the receipt.
- It takes two minutes: go to 'Orders', click 'Return an item' and tick the items. We e-mail a label right away, and
  there is a QR code for people without a printer. Hand the parcel in at a carrier shop within 14 days and please keep
  the receipt.
- Please log in, open 'Orders' and start with 'Return an item'. After you select the items, the label comes by e-mail;
  no printer is needed if you show the QR code instead. Any carrier shop takes the parcel, within 14 days. Keep the
  receipt until the refund is there.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I put two returns into one box?
- 2 orders one box ok?
""",
                answers="""
- Please use one box for each order, because every label belongs to one order. Several items of the same order may
  share a box.
- Items of the same order can go together, but different orders need separate boxes, as the label identifies the
  order.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="refund_status",
        subjects=("Where is my refund?", "Refund not received"),
        asks="""
- Where is my refund? I sent the item back ten days ago.
- still no money back!!
- When will I receive the refund for my return?
- The tracking shows that my return arrived on {day}, but I have not been refunded.
- how long does a refund take
- I was told 5 working days and it has been longer than that.
- Could you check whether my refund has been issued?
- i want my money, returned the kettle ages ago
- Does the refund go to my card or do I get a voucher?
""",
        answers="""
- We issue the refund within 5 working days after the return reaches our warehouse, and you get an e-mail on that day.
  Your bank then needs another 2-3 working days. The money always goes back to the original payment method. You can
  see the stage under 'Orders' in the return.
- Refunds leave us within 5 working days of the return arriving at the warehouse, followed by 2-3 working days at your
  bank. We send an e-mail the moment it is issued. It goes to the payment method you used, and the current stage is
  shown under 'Orders'.
- From the arrival at our warehouse we need up to 5 working days, and the bank adds 2-3 working days. As soon as the
  refund is issued, you get an e-mail. It is paid to the original payment method. The return's page under 'Orders'
  shows how far it is.
""",
        follow_ups=(
            FollowUp(
                asks="""
- My old card has expired. Where does the money go?
- card was replaced since then, will it still arrive?
""",
                answers="""
- That is fine: banks pass refunds for an expired or replaced card on to the new one. If the account itself is closed,
  tell us and we pay by bank transfer.
- Your bank forwards it to the new card automatically. Only if you closed the account do we need to pay you by bank
  transfer, so please tell us in that case.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="exchange",
        subjects=("Exchange for another model", "Swap colour or size"),
        asks="""
- Can I exchange my {product} for a different colour?
- want to swap the burr 40 for the 64
- I would like to exchange an item instead of returning it.
- How does an exchange work? Do I have to pay shipping again?
- wrong size bought, exchange possible?
- I picked the 230 V version by mistake. Can you exchange it?
- Is it possible to swap my unopened kettle for the larger model?
- My husband prefers the black one. What do we do to change it?
""",
        answers="""
- Open the order under 'Orders', choose 'Return an item' and select 'Exchange'. The label is free, and the new item
  leaves as soon as the carrier scans your parcel. Exchanges are possible within 30 days for unopened items. A price
  difference is charged or refunded automatically.
- An exchange works like a return: 'Orders', 'Return an item', then 'Exchange' and the model you would like. You don't
  pay for the label, and we ship the new item once the carrier has scanned the old one. The item must be unopened and
  within 30 days; any difference in price is settled automatically.
- Within 30 days you can exchange unopened items free of charge. Select 'Exchange' after 'Return an item' in your
  order under 'Orders'. As soon as the carrier scans the parcel, the new item is on its way. We charge or refund the
  difference in price on its own.
""",
        follow_ups=(
            FollowUp(
                asks="""
- What if the model I want is out of stock?
- and if its sold out meanwhile?
""",
                answers="""
- Then you can't select it in the exchange. Please return the item for a refund instead and use 'Notify me' on the
  product page.
- A sold-out model can't be chosen. In that case a normal return is best, together with 'Notify me' on the product
  page.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="warranty_terms",
        subjects=("Warranty", "How long is the guarantee?"),
        asks="""
- How long is the warranty on your espresso machines?
- warranty on grinders?
- My Forge Duo is 20 months old and stopped working. Is it still covered?
- What does the guarantee cover?
- do i need to register for warranty
- Is there a warranty on kettles and scales too?
- I lost my receipt. Can I still make a warranty claim?
- Is limescale damage covered by the warranty?
- bought it 14 months ago, grinder is dead, do you fix it for free
""",
        answers="""
- Espresso machines have a warranty of 2 years, and grinders, kettles and scales 1 year, counted from delivery. It
  covers material and manufacturing faults, but not limescale, wear parts such as gaskets, or falls. You don't have to
  register; the order number is your proof of purchase.
- The warranty is 2 years for espresso machines and 1 year for grinders, kettles and scales, starting on the delivery
  day. Faults in material and manufacture are covered, while limescale damage, gaskets and other wear parts, and falls
  are not. No registration is needed, the order number is enough.
- We give 2 years on espresso machines; grinders, kettles and scales come with 1 year from delivery. All manufacturing
  and material faults are included. Limescale, damage from a fall and wear parts like gaskets are excluded. Your order
  number serves as proof, so no receipt or registration is necessary.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I extend the warranty?
- is there an extended warranty to buy
""",
                answers="""
- There is no extension to buy. After the warranty ends, our repair centre still repairs at a fixed price of $79 plus
  parts.
- We don't sell extensions. Out of warranty, a repair costs a fixed $79 plus parts at our repair centre.
""",
            ),
        ),
    ),
    Intent(
        tag="repair_turnaround",
        subjects=("Repair", "How long does a repair take?"),
        asks="""
- How long does a repair take?
- sent my machine in last week, when do i get it back
- My Forge Mini leaks from the group head. How do I send it in for repair?
- What does the repair process look like?
- Do I get a loan machine while mine is being repaired?
- any update on my repair?
- My grinder makes a terrible noise, I'd like it to be checked by your workshop.
- It is under warranty. Do I have to pay for shipping it to the repair centre?
- repair centre address pls
""",
        answers="""
- Our repair centre needs 7 working days from the arrival of the machine. To book it, reply with your order number and
  a short video of the fault, and we e-mail a free label. Under warranty everything is free; otherwise it is $79 plus
  parts. Loan machines are not available.
- A repair takes 7 working days once the machine has arrived. Send us the order number and a short video that shows
  the fault, then you get a free label by e-mail. Repairs under warranty cost nothing, all others $79 plus parts.
  We're afraid there are no loan machines.
- Please reply with your order number and a short video of the problem; we then e-mail a free label for the repair
  centre. The repair itself takes 7 working days after arrival. It is free under warranty and $79 plus parts without.
  We can't offer a loan machine, sorry.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Do I need to send the accessories as well?
- send portafilter and tank too?
""",
                answers="""
- Please send the machine with the water tank, but without portafilter, baskets and cups. Empty the tank first and use
  the original box if you still have it.
- Only the machine and its empty water tank are needed. Keep the portafilter, baskets and cups at home, and use the
  original box if possible.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="spare_parts",
        subjects=("Spare parts", "Replacement gasket"),
        asks="""
- Where can I buy a new gasket for my Forge Mini?
- need a replacement water tank
- Do you sell spare parts for older models?
- The rubber seal is worn out. Which one fits the Forge Duo?
- looking for new burrs for my burr 40
- Can I replace the shower screen myself?
- Could you tell me whether drip trays are available separately?
- lid of my kettle broke, can i buy only the lid?
""",
        answers="""
- All spare parts are in the shop under 'Spare parts'; choose your model there and only fitting parts are shown. We
  keep parts for 7 years after a model ends. Orders of parts leave within 2 working days, and every part page has a
  short fitting video.
- You find them in the shop under 'Spare parts'. Pick your model first, then you only see what fits. Parts are stocked
  for 7 years after the end of a model and dispatched within 2 working days. A fitting video is on every part page.
- Please go to 'Spare parts' in the shop and select your model, so that only matching parts appear. Dispatch takes up
  to 2 working days. Parts remain available for 7 years after a model is discontinued, and each page includes a video
  on how to fit them.
""",
        follow_ups=(
            FollowUp(
                asks="""
- How often should the gasket be replaced?
- how long does a gasket last usually
""",
                answers="""
- With daily use, about once a year. You notice it when the portafilter moves too far to the right or water drips past
  the edge.
- Once a year is a good rule if you use the machine daily. Drips around the portafilter are the usual sign.
""",
            ),
        ),
    ),
    Intent(
        tag="voltage",
        subjects=("120 V or 230 V?", "Voltage version"),
        asks="""
- Which voltage does the Forge Duo have?
- does it work in europe with 230v
- I'm moving from the US to Germany. Can I take my machine with me?
- Do you sell a 230 V version?
- can i use a converter for the espresso machine
- Is the grinder dual voltage?
- I ordered from the UK and want to be sure I get the right plug.
- where do i see which voltage i have
""",
        answers="""
- Our devices come in two versions: 120 V for the US and Canada and 230 V for the UK and the EU. They can't be
  switched, and a converter is not safe with heating devices, so it voids the warranty. The version is printed on the
  box and under the device.
- There is a 120 V version for the US and Canada and a 230 V version for the UK and the EU. Neither is dual voltage.
  Please don't use a converter: it is unsafe for heating devices and ends the warranty. You can read the version on
  the box and on the underside.
- The voltage depends on the region: 120 V in the US and Canada, 230 V in the UK and the EU. It's fixed and can't be
  converted; using a converter is dangerous with heaters and voids the warranty. Look at the box or the underside of
  the device for the version.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I exchange it for the other version?
- so can you swap it for the 230 one
""",
                answers="""
- Yes, if it is unopened and within 30 days of delivery, the exchange is free. Choose 'Exchange' in the return under
  'Orders'.
- Within 30 days and unopened, you can exchange it for free: 'Orders', 'Return an item', then 'Exchange'.
""",
            ),
        ),
    ),
    Intent(
        tag="descaling",
        subjects=("Descaling", "How do I descale my machine?"),
        asks="""
- How often should I descale my machine?
- can i use vinegar to descale
- The descale light is on. What do I have to do?
- What product do you recommend for descaling the Forge Mini?
- whats the ratio for citric acid
- Is it bad to skip descaling? I have soft water.
- Could you send me instructions for descaling, please?
- descaled with vinegar and now it smells horrible
- my machine is slow and noisy, does it need descaling?
""",
        answers="""
- Please descale every 2 months with citric powder: dissolve 20 g in 1 litre of water, run half through the group and
  half through the steam wand, then rinse with two full tanks of clean water. Never use vinegar, because it attacks
  the seals and the smell stays.
- Every 2 months is right. Mix 20 g of citric powder with 1 litre of water and let one half run through the group, the
  other through the steam wand. Then rinse with two tanks of fresh water. Vinegar is not suitable: it damages the
  seals and leaves a smell.
- We recommend descaling every 2 months. Use 20 g of citric powder in 1 litre of water, half of it through the group
  and half through the steam wand, followed by two tanks of clean water. Please stay away from vinegar, as it harms
  the seals and you will smell it for weeks.
""",
        follow_ups=(
            FollowUp(
                asks="""
- How do I switch off the descale light afterwards?
- light is still on after descaling
""",
                answers="""
- Hold the steam button for 10 seconds while the machine is on. The light blinks twice and goes out, and the counter
  starts again.
- Keep the steam button pressed for 10 seconds with the machine switched on. After two blinks the light is off and the
  counter is reset.
""",
            ),
        ),
    ),
    Intent(
        tag="not_heating",
        subjects=("Machine does not heat", "Error E2"),
        asks="""
- My machine doesn't heat up any more.
- error E2 on the display what does that mean
- The Forge Duo turns on but the water stays cold.
- no hot water since this morning, help!
- My espresso machine blinks red and does nothing.
- E2 light after refilling the tank. Is it broken?
- The machine worked fine yesterday and today it stays cold. What can I try before sending it in?
- it wont heat. im without coffee and its monday
""",
        answers="""
- A cold machine with E2 usually has air in the pump. Please switch it off for 30 minutes, fill the tank to the top,
  switch it on and hold the brew button for 5 seconds until water comes. If it still stays cold, reply with a video
  and we book a repair.
- E2 means that the pump draws air, so the heater stays off. Turn the machine off for 30 minutes, fill the tank
  completely, turn it on and press the brew button for 5 seconds until water runs. Should that not help, send us a
  short video and we arrange a repair.
- Please try this first: 30 minutes off, tank filled to the top, then on again and the brew button held for 5 seconds
  until water flows. That removes the air behind error E2, which stops the heater. If nothing changes, reply with a
  short video and we will book a repair.
""",
        follow_ups=(
            FollowUp(
                asks="""
- I did that and it works for a day, then E2 comes back.
- it came back after a few hours
""",
                answers="""
- Then the tank valve is probably not closing. Take the tank out, rinse the valve underneath and push the tank in
  until it clicks. If E2 returns after that, we book a repair.
- When E2 returns, the valve under the tank is often the cause: rinse it and push the tank in until it clicks. If that
  does not last either, the machine should go to our repair centre.
""",
            ),
        ),
    ),
    Intent(
        tag="weak_espresso",
        subjects=("Espresso tastes sour", "Low pressure"),
        asks="""
- My espresso is watery and sour. What am I doing wrong?
- shot runs way too fast
- I can't get any crema with my new Forge Mini.
- The pressure gauge barely moves. Is the machine faulty?
- coffee tastes bitter since i changed beans
- What grind setting should I use for espresso on the Burr 40?
- How many grams of coffee do you recommend for a double shot?
- total beginner here, my coffee comes out like tea, please help
""",
        answers="""
- Start with our basic recipe: 18 g of coffee in, 36 g of espresso out, in 25-30 seconds. If it runs faster and tastes
  sour, grind finer; if it is slower and bitter, grind coarser. On the Burr 40, espresso lies between 8 and 12. Beans
  should be less than 30 days old.
- Please aim for 18 g of coffee and 36 g of espresso within 25-30 seconds. Sour and fast means that the grind should
  be finer, bitter and slow means coarser. Settings 8 to 12 on the Burr 40 are right for espresso. Fresh beans, under
  30 days from roasting, matter for crema.
- It is nearly always the grind. Weigh 18 g into the basket and stop at 36 g in the cup, which should take 25-30
  seconds: finer if it is too fast and sour, coarser if too slow and bitter. Use 8 to 12 on the Burr 40, and beans no
  older than 30 days.
""",
        follow_ups=(
            FollowUp(
                asks="""
- I'm at the finest setting and it still runs too fast.
- finest setting still too fast :(
""",
                answers="""
- Then check the dose and the tamping: 18 g exactly and a firm, level press. Pre-ground or old beans also run fast. If
  none of that helps, the burrs may need adjusting, and we'll gladly look at a video.
- Please weigh the dose, it must be 18 g, and tamp firmly and level. With beans older than 30 days even the finest
  setting is too fast. If fresh beans don't help, send us a video.
""",
            ),
        ),
    ),
    Intent(
        tag="grinder_jam",
        subjects=("Grinder is stuck", "Cleaning the grinder"),
        asks="""
- My grinder is jammed and only hums.
- burr 40 stuck, nothing comes out
- How do I clean the burrs of my grinder?
- The grinder stopped in the middle of grinding and now it won't turn.
- Can I wash the burrs with water?
- grinder blocked after using oily beans
- There seems to be a stone in my grinder. How do I open it?
- How often does a Burr 64 have to be cleaned?
""",
        answers="""
- Please unplug the grinder, empty the hopper and take it off. Turn the ring to the coarsest setting and past it, lift
  out the upper burr and brush both burrs clean. Never wash them with water, because they rust. We recommend this
  cleaning once a month.
- First pull the plug, then empty and remove the hopper. Turn the ring past the coarsest setting, take the upper burr
  out and clean both burrs with a brush. Water is not allowed, as the steel rusts. If you do this once a month, it
  will hardly ever jam.
- Unplug it and remove the empty hopper. When you turn the ring beyond coarse, the upper burr can be lifted out, and
  you can brush both burrs and remove the blockage. Don't use water, since the burrs rust. A monthly cleaning like
  this prevents jams.
""",
        follow_ups=(
            FollowUp(
                asks="""
- After putting it back together the setting is off.
- how do i find zero again
""",
                answers="""
- Turn the ring finer with the grinder running and empty until you just hear the burrs touch, then go back two marks.
  That is your new zero.
- Let the empty grinder run and turn finer until the burrs just touch, then two marks back: that point is zero.
""",
            ),
        ),
    ),
    Intent(
        tag="scale_calibration",
        subjects=("Scale shows wrong weight", "Calibrate scale"),
        asks="""
- My Gram scale shows the wrong weight.
- how to calibrate the scale
- The scale is off by three grams. Can this be fixed?
- Gram scale keeps drifting while i brew
- What weight do I need for calibrating the scale?
- The display of my scale says "Lo". What does it mean?
- My scale jumps between numbers, is it defective?
- How do I charge the Gram scale and how long does it last?
""",
        answers="""
- Put the scale on a hard, level surface and hold 'Tare' for 5 seconds until 'CAL' appears. Place exactly 100 g on it
  and wait for 'OK'. If it shows 'Lo', charge it first: two hours by USB-C last for about 20 hours. A low battery is
  the usual reason for drifting.
- Calibrating is simple: on a hard, level surface, press 'Tare' for 5 seconds until you see 'CAL', put on exactly 100
  g and wait for 'OK'. Drifting mostly comes from a low battery, shown as 'Lo'. Two hours on USB-C give you about 20
  hours.
- Please charge the scale first, because 'Lo' or a drifting display means a low battery; two hours with USB-C are
  enough for about 20 hours. Then hold 'Tare' for 5 seconds, wait for 'CAL', and place exactly 100 g on the level
  scale until it shows 'OK'.
""",
    ),
    Intent(
        tag="water_filter",
        subjects=("Water filter", "Change the filter"),
        asks="""
- How often do I need to change the water filter?
- which filter fits forge duo
- Is a water filter necessary if I use bottled water?
- filter light orange?
- How do I install the filter cartridge in the tank?
- Do I still need to descale when I use a filter?
- Where can I order new filter cartridges?
- the filter floats around in the tank, is that right?
""",
        answers="""
- Please change the filter every 3 months; the light turns orange then. Soak the new cartridge in water for 5 minutes
  and push it onto the valve in the tank until it clicks. The same cartridge fits all Forge machines and costs $14.
  Descaling every 2 months is still needed.
- The cartridge lasts 3 months, after which the light turns orange. Let a new one soak for 5 minutes and press it onto
  the valve in the tank until you hear a click. One type for $14 fits every Forge machine. It does not replace
  descaling every 2 months.
- Every 3 months, when the light turns orange, it's time for a new cartridge. It costs $14 and fits all Forge models.
  Soak it for 5 minutes, then click it onto the valve at the bottom of the tank. You should still descale every 2
  months.
""",
    ),
    Intent(
        tag="choose_machine",
        subjects=("Which machine is right for me?", "Forge Mini or Forge Duo"),
        asks="""
- What is the difference between the Forge Mini and the Forge Duo?
- which machine for a beginner
- I mostly drink cappuccino. Which espresso machine would you recommend?
- forge mini or duo? i have a tiny kitchen
- Is the Forge Duo worth the extra money?
- We drink about six coffees a day in our family. Which model suits us?
- Can the Forge Mini steam milk and brew at the same time?
- Do I need a separate grinder for your machines?
""",
        answers="""
- The Forge Mini for $349 has one boiler: it brews first and steams afterwards, is 18 cm wide and ideal for one or two
  drinks. The Forge Duo for $749 has two boilers, so it brews and steams at the same time. Both need a grinder, for
  instance the Burr 40.
- For one or two drinks and a small kitchen, take the Forge Mini: 18 cm wide, one boiler, $349. If you make several
  milk drinks in a row, the Forge Duo with two boilers brews and steams together, at $749. Neither has a grinder
  inside; the Burr 40 suits both.
- It depends on the milk. With the Forge Duo at $749 you brew and steam at the same time thanks to two boilers; the
  Forge Mini at $349 has one boiler, does one after the other and is only 18 cm wide. A grinder such as the Burr 40 is
  needed for both.
""",
        follow_ups=(
            FollowUp(
                asks="""
- How long do they take to heat up?
- warm up time?
""",
                answers="""
- The Forge Mini is ready after 4 minutes, the Forge Duo after 9 minutes. Both switch off on their own after 30
  minutes.
- Count 4 minutes for the Forge Mini and 9 minutes for the Forge Duo. After 30 minutes without use they turn off.
""",
            ),
        ),
    ),
    Intent(
        tag="subscription_pause",
        subjects=("Pause my bean plan", "Going on holiday"),
        asks="""
- How can I pause my coffee subscription?
- going on vacation, pause my beans pls
- I have too much coffee at home. Can I put my plan on hold?
- Is it possible to pause the subscription for two months?
- For how long can I pause my bean plan at most?
- pls stop deliveries until september
- We're renovating and won't need coffee for a while. What are my options?
- I paused my plan but don't know how to start it again.
""",
        answers="""
- Go to 'Plans' in your account and choose 'Pause'. You can pause for up to 3 months, free of charge, and the plan
  restarts by itself on the date you pick. To start earlier, press 'Resume' in the same place. Changes must be made 2
  days before the next roast on Tuesday.
- You can pause under 'Plans' with the 'Pause' button, for up to 3 months and at no cost. The plan continues
  automatically on the date you set, or earlier when you press 'Resume'. Please do it at least 2 days before roasting
  on Tuesday.
- Pausing is free and takes a click: 'Plans', then 'Pause', and pick an end date up to 3 months away. It starts again
  by itself, and 'Resume' brings it back sooner. We roast on Tuesdays, so changes have to be in 2 days before.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Do I lose my discount when I pause?
- will my price stay the same after the pause
""",
                answers="""
- No, the price and your discount stay exactly as they are during a pause.
- Yes, everything stays the same: price, discount and the beans you chose.
""",
            ),
        ),
    ),
    Intent(
        tag="subscription_skip",
        subjects=("Skip a delivery", "Skip next beans"),
        asks="""
- Can I skip the next delivery of my bean plan?
- skip this month pls
- I don't need beans this week, how do I leave out one delivery?
- Is there a way to skip a single shipment without pausing?
- forgot to skip my delivery, its already charged
- By when do I have to skip the next delivery?
- Could you skip my next box? I still have two bags left.
- how many times can i skip
""",
        answers="""
- Under 'Plans' choose 'Skip next delivery'. This works until 2 days before the roast, which is every Tuesday, so
  until Sunday. You can skip as often as you like and pay nothing for a skipped box. If it has already been charged,
  that delivery can't be stopped any more.
- You can skip a single box under 'Plans' with 'Skip next delivery', up to and including Sunday, because we roast on
  Tuesday and need 2 days. There is no limit and no charge for skipped boxes. Once the payment has gone through, the
  box will be sent.
- Please open 'Plans' and press 'Skip next delivery' by Sunday, that is 2 days before we roast on Tuesday. A skipped
  box costs nothing, and you may skip as many as you want. After the charge we can't hold the box back, I'm afraid.
""",
        follow_ups=(
            FollowUp(
                asks="""
- It was already charged. Can I return the beans?
- so can i send that box back then
""",
                answers="""
- Unopened bags can be returned within 30 days: open the order under 'Orders' and choose 'Return an item'. Opened bags
  can't come back.
- Yes, as long as the bags are unopened and it is within 30 days. Use 'Return an item' under 'Orders'.
""",
            ),
        ),
    ),
    Intent(
        tag="subscription_cancel",
        subjects=("Cancel subscription", "Stop my bean plan"),
        asks="""
- How do I cancel my bean subscription?
- cancel my plan now please
- I want to end my subscription. Is there a notice period?
- Is there a fee for cancelling the coffee plan?
- where is the button to cancel the subscription??
- I cancelled but was charged again. Please explain.
- Please cancel my beans, I'm switching to tea on my doctor's advice.
- stop charging me every 2 weeks!!
""",
        answers="""
- You can cancel at any time under 'Plans' with 'Cancel plan'. There is no notice period and no fee. If you cancel at
  least 2 days before the roast on Tuesday, nothing more is charged; after that, one last box is on its way. You get a
  confirmation by e-mail.
- Please go to 'Plans' and click 'Cancel plan'; there is neither a fee nor a notice period. A cancellation up to 2
  days before Tuesday's roast stops the next charge. Later than that, one last box still comes. We confirm it by
  e-mail at once.
- Cancelling is free and without notice: open 'Plans', choose 'Cancel plan' and wait for the e-mail that confirms it.
  We roast on Tuesday, so a cancellation 2 days before prevents the next charge, and a later one means that one last
  box is sent.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Do I keep my points after cancelling?
- what about my points
""",
                answers="""
- Your loyalty points stay in your account for 18 months from the day you earned them, with or without a plan.
- Nothing happens to them. Points are valid for 18 months after you earned them, even without a plan.
""",
            ),
        ),
    ),
    Intent(
        tag="subscription_change",
        subjects=("Change my beans", "Change plan frequency"),
        asks="""
- How can I change the beans in my subscription?
- want decaf instead in my plan
- Can I get a delivery every four weeks instead of every two?
- I would like to switch my plan to two bags.
- Can you change my plan from whole beans to ground?
- too much coffee, can i get it less often
- What does the bean plan cost per bag?
- How do I update the card for my subscription?
""",
        answers="""
- Everything can be changed under 'Plans' with 'Edit plan': the beans, the number of bags, the rhythm of 1, 2 or 4
  weeks and the card. A bag of 340 g costs $16 with shipping included. We deliver whole beans only. Changes 2 days
  before Tuesday's roast count for the next box.
- Please open 'Plans' and choose 'Edit plan'. There you set the beans, how many bags, a rhythm of 1, 2 or 4 weeks and
  the card. Each 340 g bag is $16 including shipping, and always whole beans. If you change it 2 days before Tuesday,
  it applies to the next box.
- With 'Edit plan' under 'Plans' you can switch beans, bags, the payment card and the rhythm, which is 1, 2 or 4
  weeks. The price is $16 for 340 g, shipping included. We don't grind beans. Please make changes 2 days before the
  roast on Tuesday.
""",
    ),
    Intent(
        tag="bean_freshness",
        subjects=("Roast date", "Are the beans fresh?"),
        asks="""
- How fresh are your beans when they arrive?
- when are the beans roasted
- How long do the beans keep after opening?
- The bag says roasted nine days ago. Is that still good?
- Should I store my coffee in the fridge?
- can i freeze the beans
- My beans look oily. Have they gone bad?
- What is the best time to use beans after the roast?
""",
        answers="""
- We roast every Tuesday and ship within 24 hours. Beans taste best from 7 to 30 days after the roast date printed on
  the bag. Keep them in the closed bag in a dark, cool cupboard, not in the fridge. Freezing unopened bags is fine for
  up to 3 months.
- Roasting day is Tuesday and the bags leave us within 24 hours. Their best time is 7 to 30 days after roasting; the
  date is on the bag. A cool, dark cupboard is ideal, the fridge is not. You can freeze unopened bags for up to 3
  months.
- All beans are roasted on Tuesday and shipped within 24 hours, so they are very fresh. Use them between 7 and 30 days
  after the date on the bag. Store them closed, dark and cool, but never in the fridge. Unopened bags may be frozen
  for 3 months.
""",
    ),
    Intent(
        tag="gift_card_validity",
        subjects=("Gift card", "How long is a gift card valid?"),
        asks="""
- How long is a Copperleaf gift card valid?
- does my gift card expire
- Can I use two gift cards for one order?
- I have a gift card of $50 and the order is $38. What happens to the rest?
- Where can I see the balance of my gift card?
- can i get cash for my gift card
- Is it possible to buy beans with a gift card?
- I found an old gift card from three years ago. Does it still work?
""",
        answers="""
- Gift cards are valid for 5 years from the day of purchase. You can use up to 3 of them for one order, and what is
  left stays on the card. The balance is shown under 'Account' and 'Gift cards' once you enter the code. A payout in
  cash is not possible.
- A gift card is good for 5 years after purchase. At checkout you may combine up to 3 cards, and any remainder stays
  on the card for later. To see the balance, enter the code under 'Account', then 'Gift cards'. We can't pay gift
  cards out in cash.
- They are valid for 5 years, counted from the purchase date, and up to 3 can be used together. Nothing is lost if the
  order is cheaper, since the rest remains on the card. Check the balance under 'Account' and 'Gift cards'. Cash
  payouts are not offered.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can I use it for the bean plan?
- works for subscriptions too?
""",
                answers="""
- Gift cards work for one-off orders only, not for bean plans, because plans are charged automatically.
- No, plans need a card or PayPal. For single bags of beans the gift card is fine.
""",
            ),
        ),
    ),
    Intent(
        tag="gift_card_missing",
        subjects=("Gift card not received", "Gift card code missing"),
        asks="""
- I bought a gift card and the e-mail hasn't arrived.
- gift card not recieved
- My friend says she never got the gift card I sent her.
- How quickly is a digital gift card delivered?
- I entered the wrong e-mail address for a gift card. Can it be sent again?
- where is my gift card?? party is tonight
- I deleted the message with the gift card code by accident.
- The code on my gift card is not accepted. It says invalid.
""",
        answers="""
- Digital gift cards arrive by e-mail within 10 minutes, so please check the spam folder first. You can send one again
  or correct the address under 'Orders' with 'Resend gift card'. The old code then stops working and a new one is
  issued. Codes are entered without spaces.
- The e-mail with the code comes within 10 minutes and sometimes ends up in spam. Under 'Orders' you find 'Resend gift
  card', where the address can also be corrected; this makes a new code and ends the old one. Please type codes
  without spaces.
- It normally takes no more than 10 minutes, and the spam folder is worth a look. If it isn't there, use 'Resend gift
  card' under 'Orders', where you may change the address too. You receive a new code, and the previous one becomes
  invalid. Leave out spaces when entering it.
""",
        about_order=True,
    ),
    Intent(
        tag="invoice",
        subjects=("Invoice", "Need a receipt"),
        asks="""
- Where can I download my invoice?
- need invoice for taxes
- Could you please send me the receipt for my last order?
- The invoice should be in my company's name. Can that be changed?
- i didnt get a bill with the parcel
- How do I get an invoice if I ordered as a guest?
- My accountant needs a PDF invoice with the tax number on it.
- Can I have all invoices of the last year?
""",
        answers="""
- You can download every invoice as a PDF under 'Orders' with 'Invoice', from the day of dispatch. To put a company
  name or tax number on it, use 'Edit invoice details' there within 14 days. As a guest, use the link in your order
  confirmation.
- Invoices are under 'Orders': open the order and click 'Invoice' for the PDF, which is there from dispatch on. A
  company name or tax number can be added within 14 days through 'Edit invoice details'. Guests find the link in the
  order confirmation.
- Please open the order under 'Orders' and choose 'Invoice'; the PDF is available once the order is dispatched. Within
  14 days you can add your company or tax number with 'Edit invoice details'. If you ordered as a guest, the
  confirmation e-mail has the link.
""",
        follow_ups=(
            FollowUp(
                asks="""
- The 14 days are over. Can you still change it?
- too late for the 14 days, any chance?
""",
                answers="""
- After 14 days the invoice is booked and can't be changed any more, I'm sorry. We can confirm the purchase in a
  separate letter, if that helps.
- I'm afraid a booked invoice can't be altered after 14 days. A letter that confirms the purchase is possible; just
  say so.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="price_match",
        subjects=("Price match", "Cheaper elsewhere"),
        asks="""
- Do you match prices?
- saw it cheaper on another site
- I bought the {product} last week and now it is on sale. Can I get the difference?
- Another shop offers the same grinder for $30 less. Will you match it?
- price dropped the day after i bought it, not fair
- What are the conditions for your price guarantee?
- How do I claim the price difference?
- Is a marketplace offer accepted for price matching?
""",
        answers="""
- We match prices up to 14 days after your purchase. Reply with the link to the cheaper offer: it has to be the same
  model, new, in stock and from an authorised shop, so marketplace sellers don't count. The difference is refunded
  within 3 working days. Our own sales count too.
- Yes, within 14 days of buying we refund the difference. Send us the link to the offer, which must be for the same
  new model, in stock, at an authorised shop; marketplace sellers are excluded, and our own sales are included. You
  get the money within 3 working days.
- Our price match runs for 14 days after purchase and also covers our own sales. Please reply with a link: same model,
  new, in stock and at an authorised shop rather than a marketplace. After the check we refund the difference within 3
  working days.
""",
        about_order=True,
    ),
    Intent(
        tag="student_discount",
        subjects=("Student discount",),
        asks="""
- Do you have a student discount?
- im a student, any discount?
- How do I verify that I'm a student?
- My university e-mail is not accepted for the student discount.
- Can I combine the student discount with a sale?
- student code expired, can i get a new one
- How much is the discount for students and teachers?
- Is the student discount valid for the bean subscription?
""",
        answers="""
- Students get 10 % off. Go to 'Account' and 'Discounts' and confirm your school e-mail address; the code comes by
  e-mail and is valid for 30 days. It can't be combined with sale items or bean plans. When it has expired, you can
  request a new one in the same place.
- Yes, the student discount is 10 %. Confirm your school e-mail address under 'Account' and 'Discounts', and we send a
  code that is valid for 30 days. Sale items and bean plans are excluded. You can ask for a fresh code there whenever
  the old one has run out.
- There is 10 % for students: under 'Account', then 'Discounts', you enter and confirm your school e-mail address. The
  code we send lasts 30 days and can be renewed there. It does not apply to sale items or to bean plans.
""",
        follow_ups=(
            FollowUp(
                asks="""
- My school's address is not recognised. What now?
- it says my school is unknown
""",
                answers="""
- Then reply with a photo of your student card with the number covered. We check it within 2 working days and unlock
  the discount by hand.
- In that case please send a photo of the student card, with the number covered. Unlocking it by hand takes up to 2
  working days.
""",
            ),
        ),
    ),
    Intent(
        tag="promo_code",
        subjects=("Discount code does not work", "Promo code"),
        asks="""
- My discount code doesn't work.
- promo code invalid??
- The code from your newsletter is not accepted at checkout.
- Can I use two discount codes in one order?
- I forgot to enter my code. Can you still apply it?
- code says "conditions not met", why
- How much do I have to spend to use the welcome code?
- I get an error when I add my voucher code to a sale item.
""",
        answers="""
- Each order takes one code, from a basket of $40 on. Codes don't apply to sale items and gift cards, and they are not
  added after checkout. 'Conditions not met' means that one of these rules is broken. As long as the order isn't
  dispatched, you can cancel it and reorder with the code.
- A code needs a basket of at least $40, can't be used for sale items or gift cards, and only one works per order;
  otherwise you read 'conditions not met'. We can't add it afterwards. If the order is not dispatched, cancel it under
  'Orders' and reorder with the code.
- Please check three things: the basket is at least $40, it has no sale items or gift cards, and no other code is
  active, since one code per order is allowed. Afterwards we can't add a code, but an order that isn't dispatched can
  be cancelled and placed again.
""",
    ),
    Intent(
        tag="loyalty_points",
        subjects=("Loyalty points", "Points missing"),
        asks="""
- How do the loyalty points work?
- my points are missing
- When do I get the points for my last order?
- How much is a point worth?
- do points expire
- I had 300 points and now there are only 120. Where did they go?
- How can I redeem my points?
- Do I also collect points with the bean plan?
""",
        answers="""
- You earn 1 point for every dollar, and 100 points are worth $5. They appear 30 days after delivery, when the return
  period is over, and are valid for 18 months. You can redeem them at checkout with 'Use points'. Bean plans earn
  points too.
- Every dollar gives you 1 point, including bean plans, and 100 points make $5. Points show up 30 days after delivery,
  once the return period is over, and expire after 18 months. To redeem them, tick 'Use points' at checkout.
- The rule is simple: 1 point per dollar, $5 for 100 points, and 'Use points' at checkout to spend them. They are
  booked 30 days after delivery, because of the return period, and stay valid for 18 months. Orders from bean plans
  count as well, so they earn points too.
""",
    ),
    Intent(
        tag="membership",
        subjects=("Copper Club", "Cancel membership"),
        asks="""
- What is the Copper Club and what does it cost?
- cancel copper club
- Is the membership worth it?
- I was charged $29 for a membership I don't remember.
- How do I stop the automatic renewal of the Copper Club?
- benefits of the club?
- Can I get my membership fee back if I cancel now?
- I'm a member but was asked to pay for express shipping.
""",
        answers="""
- The Copper Club costs $29 a year and gives you free express delivery and 45 days for returns instead of 30. It
  renews every year; you can switch that off under 'Account' and 'Membership' at any time. The fee is refunded within
  14 days if you have not used a benefit.
- For $29 a year, members of the Copper Club get free express delivery and 45 instead of 30 days for returns. It
  renews automatically until you turn this off under 'Account' and 'Membership'. Within 14 days, and if no benefit was
  used, we refund the fee.
- Membership of the Copper Club is $29 a year: express delivery is free and the return period is 45 rather than 30
  days. You can end the yearly renewal under 'Account', then 'Membership'. If no benefit has been used, the fee is
  refundable for 14 days.
""",
    ),
    Intent(
        tag="payment_methods",
        subjects=("Payment methods", "Can I pay in instalments?"),
        asks="""
- Which payment methods do you accept?
- can i pay with paypal
- Do you take American Express?
- Is it possible to pay for the Forge Duo in instalments?
- Can I pay by invoice or bank transfer as a private customer?
- apple pay??
- I'd rather not use my card online. What other options are there?
- Can I split the payment between two cards?
""",
        answers="""
- We accept Visa, Mastercard, American Express, PayPal and Apple Pay. From $150 on you can pay in 3 monthly
  instalments without interest through PayPal. Bank transfer and invoice are for business accounts only. A payment
  can't be split between two cards, but gift cards can be combined with one.
- You can pay with Visa, Mastercard, American Express, PayPal or Apple Pay. Orders from $150 can be paid in 3 monthly
  instalments with PayPal, free of interest. Invoice and bank transfer are reserved for business accounts. Two cards
  for one order are not possible, a card plus gift cards is.
- Available are Visa, Mastercard, American Express, Apple Pay and PayPal, which also offers 3 interest-free monthly
  instalments from $150. Private customers can't pay by invoice or bank transfer. You may add gift cards to one card,
  but not use two cards.
""",
    ),
    Intent(
        tag="failed_payment",
        subjects=("Payment failed", "Card declined"),
        asks="""
- My payment failed. What should I do?
- card declined but theres enough money
- I get an error message when I try to pay.
- The payment page hangs after the confirmation in my bank app.
- Was I charged although the payment failed?
- tried 3 times, doesnt work, want my {product}
- My card was refused and now the basket is empty.
- Why is my credit card not accepted?
""",
        answers="""
- If a payment fails, nothing is charged. Please check that the billing address matches the one at your bank and
  confirm the payment in your bank app within 5 minutes. Your basket is kept for 24 hours. If it fails again, try
  PayPal or another card.
- A failed payment is never charged. Two causes are common: the billing address differs from the one your bank knows,
  or the confirmation in the bank app took more than 5 minutes. We keep the basket for 24 hours, and PayPal or another
  card is a good alternative.
- No money is taken when a payment fails. Please compare the billing address with the one at your bank, try again and
  confirm in the bank app within 5 minutes. The basket stays for 24 hours. If that does not help, use another card or
  PayPal.
""",
    ),
    Intent(
        tag="double_charge",
        subjects=("Charged twice", "Double payment"),
        asks="""
- I was charged twice for the same order.
- why 2 payments on my card???
- My bank shows two identical amounts from Copperleaf.
- You took my money two times. I want it back immediately!
- There is a pending charge on my card for an order I cancelled.
- charged double, pls fix
- I only placed one order, but there are two debits on my account.
- What is the second amount on my statement? The first attempt had failed.
""",
        answers="""
- The second amount is a pre-authorisation: your bank reserved it, but we have not collected it. It disappears by
  itself within 3-5 days. Only the payment shown under 'Orders' is real. If both amounts are still there after 5 days,
  send us a screenshot of the statement without the card number.
- This looks worse than it is. One of the two amounts is a pre-authorisation, which your bank only reserves and
  releases within 3-5 days. We collect just the amount under 'Orders'. Should both still be there after 5 days, please
  send a screenshot without the card number.
- Please don't worry, one of them is a pre-authorisation that disappears in 3-5 days, because your bank reserves the
  amount at every attempt. What we really collect is under 'Orders'. If nothing changes in 5 days, reply with a
  screenshot on which the card number is hidden.
""",
        follow_ups=(
            FollowUp(
                asks="""
- Can you speed that up?
- cant you release it faster
""",
                answers="""
- Unfortunately not, since only your bank can release it. A call to your bank sometimes helps, as they can remove the
  reservation the same day.
- The reservation is held by your bank, so we can't shorten it. Some banks remove it the same day if you call them.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="password_reset",
        subjects=("Password reset", "Can't log in"),
        asks="""
- I forgot my password. How can I reset it?
- cant log in
- The password reset link doesn't work any more.
- I requested a new password but no e-mail arrives.
- reset link expired, send me a new one please
- My account is locked after too many attempts.
- It says "link invalid" when I click on it to set a new password.
- How long is the reset link valid?
""",
        answers="""
- Click 'Forgot password' on the login page and enter your e-mail address. The link we send is valid for 30 minutes,
  and only the newest one works. Please check the spam folder too. After 5 wrong attempts the account is locked for 1
  hour and then opens again by itself.
- Please choose 'Forgot password' at login. You get a link that works for 30 minutes; if you ask for several, only the
  latest is valid. Have a look in your spam folder as well. An account that was locked after 5 wrong attempts opens
  again after 1 hour.
- A new link comes through 'Forgot password' on the login page. It is valid for 30 minutes, and each new link replaces
  the one before. If nothing arrives, look into spam. Five wrong attempts lock the account, but only for 1 hour.
""",
        follow_ups=(
            FollowUp(
                asks="""
- I don't have access to that e-mail address any more.
- that mail address doesnt exist anymore
""",
                answers="""
- Then we need to verify you: please reply with the number of your last order and the postcode of the delivery
  address. We move the account to your new address within 1 working day.
- In that case send us the number of your last order and its postcode, so that we can verify you. The account moves to
  your new address within 1 working day.
""",
            ),
        ),
    ),
    Intent(
        tag="delete_account",
        subjects=("Delete my account", "My personal data"),
        asks="""
- Please delete my account.
- how do i delete my account and all my data
- I would like to know which data you have stored about me.
- I'm asking you to erase all personal data you hold about me.
- remove me from your database
- How long does it take until my account is deleted?
- What happens to my points if I close my account?
- Can I get a copy of my data?
""",
        answers="""
- You can do both under 'Account' and 'Privacy': 'Download my data' gives you a copy, and 'Delete account' starts the
  deletion. It is complete after 30 days, and until then you can undo it by logging in. Points are lost. By law we
  have to keep invoices for 7 years.
- Please go to 'Account', then 'Privacy'. With 'Delete account' your data is erased within 30 days, and logging in
  during that time stops it. A copy is available through 'Download my data'. Points expire with the account, and
  invoices must be kept for 7 years by law.
- Under 'Account' and 'Privacy' you find 'Download my data' for a copy and 'Delete account' for the deletion, which
  takes 30 days and can be undone by logging in. Your points go with it. The only thing we must keep are invoices, for
  7 years.
""",
    ),
    Intent(
        tag="newsletter_unsubscribe",
        subjects=("Unsubscribe", "Too many e-mails"),
        asks="""
- How do I unsubscribe from your newsletter?
- stop sending me emails
- I unsubscribed last week and still get your newsletter.
- Please remove my address from the mailing list.
- too many mails!!! unsubscribe
- Can I get the newsletter less often?
- I only want news about beans, not about machines. Is that possible?
- I never signed up for your newsletter.
""",
        answers="""
- Every newsletter has an 'Unsubscribe' link at the bottom, or you switch it off under 'Account' and 'Notifications'.
  It takes up to 48 hours, so one more message may come. There you can also choose one newsletter a month or only
  certain topics. Messages about orders are not affected.
- Please use 'Unsubscribe' at the bottom of any newsletter or turn it off under 'Account' and 'Notifications'. The
  change is active after 48 hours at the latest. If you prefer less, you can pick topics or a single newsletter a
  month there. You still get messages about your orders.
- You can end it with the 'Unsubscribe' link at the bottom of each issue or under 'Account', then 'Notifications',
  where a monthly issue and single topics are possible too. We need up to 48 hours for it. Order messages keep coming,
  of course.
""",
    ),
    Intent(
        tag="click_and_collect",
        subjects=("Click & collect", "Pick up in store"),
        asks="""
- Can I pick up my order in the store?
- click and collect how long does it take
- When is my order ready for collection?
- How long do you keep my order at the showroom?
- Can my wife collect the order for me?
- What do I have to bring when I collect my parcel?
- got the pick up mail, cant come before next week
- Is click & collect free?
""",
        answers="""
- Yes, click & collect is free: your order is ready at our Mill Street showroom within 2 hours during opening hours,
  and we e-mail you. Please bring the order number and a photo ID. We keep it for 7 days. Someone else can collect it
  with the order number and a copy of your ID.
- Collecting is free at our showroom in Mill Street. You get an e-mail within 2 hours during opening hours, and the
  order waits for 7 days. Bring the order number and a photo ID; another person needs the number and a copy of your
  ID.
- With click & collect the order is ready within 2 hours of opening time, at no cost, in the Mill Street showroom.
  Come within 7 days of our e-mail and bring a photo ID and the order number. If someone comes for you, a copy of your
  ID and the number are enough.
""",
        follow_ups=(
            FollowUp(
                asks="""
- What if I can't make it in 7 days?
- and after 7 days?
""",
                answers="""
- Then the order is cancelled and fully refunded. If you write before that, we keep it for another 7 days.
- After that it is cancelled and you get the full amount back. A short message before the end gives you 7 more days.
""",
            ),
        ),
        about_order=True,
    ),
    Intent(
        tag="opening_hours",
        subjects=("Opening hours", "When can I call?"),
        asks="""
- What are your opening hours?
- are you open on saturday
- When can I reach customer service by phone?
- Is the showroom open on Sundays?
- what time do you close today
- I called at seven in the evening and nobody answered. When are you there?
- Can I come to the showroom without an appointment to try a machine?
- How fast do you answer e-mails?
""",
        answers="""
- Our care team is there Monday to Friday from 8 am to 6 pm and Saturday from 9 am to 1 pm. The showroom in Mill
  Street is open Tuesday to Saturday from 10 am to 6 pm, and you need no appointment. We answer e-mails within 1
  working day.
- You can reach us Monday to Friday, 8 am to 6 pm, and Saturday, 9 am to 1 pm; e-mails are answered within 1 working
  day. The Mill Street showroom welcomes you Tuesday to Saturday from 10 am to 6 pm without an appointment.
- The showroom in Mill Street opens Tuesday to Saturday, 10 am to 6 pm, and trying machines needs no appointment.
  Customer care works from 8 am to 6 pm, Monday to Friday, and from 9 am to 1 pm on Saturday. E-mails get an answer
  within 1 working day.
""",
    ),
    Intent(
        tag="business_account",
        subjects=("Business account", "Order for our office"),
        asks="""
- Do you offer business accounts?
- want to order for our cafe, any b2b prices?
- How can our company pay by invoice?
- We'd like three machines for our office. Is there a discount?
- What do I need to open a business account?
- b2b application status?
- Can we order tax free as a registered company?
- Our office drinks a lot of coffee. Do you have wholesale prices for beans?
""",
        answers="""
- With a business account you get 8 % off everything and pay by invoice within 30 days. Apply under 'Account' and
  'Business' with your tax number; we approve it within 2 working days. From 10 bags of beans per order, the bean
  discount rises to 15 %.
- Please apply under 'Account', then 'Business'; all we need is your tax number, and approval takes up to 2 working
  days. After that you have 8 % off everything, 15 % on beans from 10 bags per order, and 30 days to pay by invoice.
- Companies get 8 % on the whole range, or 15 % on beans from 10 bags per order, and pay by invoice within 30 days.
  You can apply under 'Account' and 'Business' with the tax number. We decide within 2 working days.
""",
    ),
    Intent(
        tag="back_in_stock",
        subjects=("Out of stock", "When is it available again?"),
        asks="""
- When will the {product} be back in stock?
- sold out again??
- Can I reserve an item that is out of stock?
- I've been waiting for the Burr 64 in white. Any idea when it comes?
- How does the "Notify me" button work?
- is the forge duo discontinued or just sold out
- Can I pre-order a {product}?
- got the notify mail and 10 minutes later it was gone again
""",
        answers="""
- Most items are back within 2-3 weeks. Click 'Notify me' on the product page and we e-mail you as soon as it's
  available; this reserves nothing, so it pays to be quick. Pre-orders are not possible. Models that have ended show
  'discontinued' instead of 'sold out'.
- Sold-out items usually return within 2-3 weeks. With 'Notify me' on the product page you get an e-mail on the day,
  but it is no reservation, and we don't take pre-orders. If a model were gone for good, the page would say
  'discontinued'.
- Please use 'Notify me' on the product page; restocking mostly takes 2-3 weeks. The e-mail goes to everyone on the
  list at once, as we can't reserve items or take pre-orders. Only models marked 'discontinued' won't come back.
""",
    ),
    Intent(
        tag="gift_wrap",
        subjects=("Gift wrapping", "Sending as a present"),
        asks="""
- Do you offer gift wrapping?
- its a present, can u wrap it
- Can I add a personal note to a gift?
- Will the price be visible to the person who receives the parcel?
- I'd like to send a {product} directly to my friend as a gift.
- gift message forgotten, can you add it
- How much does gift wrapping cost?
- Can you wrap two items separately?
""",
        answers="""
- Gift wrapping costs $4 per item, and you can add a note of up to 200 characters at checkout. No parcel has a price
  on the slip, so you can send it straight to the person. Wrapping and notes can't be added after checkout.
- Yes, tick 'Gift' at checkout: wrapping is $4 per item, each item is wrapped by itself, and the note may have 200
  characters. Our parcels never show prices, so sending it directly is fine. Unfortunately we can't add any of this
  after checkout.
- You can select 'Gift' at checkout for $4 per item and write a note with up to 200 characters. The slip in the parcel
  shows no prices. Later changes to the wrapping or the note are not possible, as packing starts right away.
""",
    ),
    Intent(
        tag="recycling",
        subjects=("Recycling an old machine", "Take-back"),
        asks="""
- Do you take back old machines for recycling?
- what to do with my broken kettle
- How do I dispose of an old espresso machine?
- Is there a discount if I send in my old grinder?
- trade in possible?
- Can I bring my old device to the showroom?
- Are your coffee bags recyclable?
- I'd like to get rid of my old scale in an environmentally friendly way.
""",
        answers="""
- We take back old coffee devices of any brand for free. Bring them to the Mill Street showroom or order a free label
  under 'Account' and 'Recycling'. For every device you get a voucher of $10, valid for 6 months. Our bean bags go
  into the plastic recycling; please cut off the valve.
- Old coffee devices of every brand can be returned at no cost, at the showroom in Mill Street or with a free label
  from 'Account' and 'Recycling'. You receive a $10 voucher for each, valid for 6 months. Bean bags belong in plastic
  recycling, without the valve.
- Yes, recycling is free for any brand: drop the device at our Mill Street showroom or request a label under
  'Account', then 'Recycling'. We thank you with a $10 voucher per device that lasts 6 months. Bags can go to plastic
  recycling once the valve is cut off.
""",
    ),
)
