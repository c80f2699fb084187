find-all = كل ما يطابق
find-nothing = لا شيء يطابق.
find-nothing-asked = لم يُبحث عن شيء.
find-help = الرقم يجد مهمة أو مقررًا أو شخصًا. و GUID يجد جلسة أو شخصًا. وما عدا ذلك جزء من اسم.
